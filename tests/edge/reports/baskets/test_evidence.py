"""Band evidence, and the merging of bands with too few customers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.reports.baskets.evidence import BandEvidence, groups_of_at_least
from tests.edge.reports.conftest import Array, evidence_of


def certain(*customers: int) -> Array:
    """Band probabilities of customers of certain bands, (N, B). customers: number in each band."""
    return np.repeat(np.eye(len(customers)), customers, axis=0)


def test_customers_of_certain_bands_are_counted() -> None:
    evidence = evidence_of(certain(30, 50, 20))
    assert list(evidence.customers) == [30, 50, 20]
    assert list(evidence.effective) == pytest.approx([30, 50, 20])
    assert list(evidence.shares) == [0.3, 0.5, 0.2]


def test_uncertain_bands_give_fewer_effective_customers() -> None:
    evidence = evidence_of([[0.9, 0.1]] * 50 + [[0.1, 0.9]] * 50)
    assert list(evidence.customers) == pytest.approx([50, 50])
    # By hand: the second sums are 41 and 9, and 1 / (their inverse's diagonal) is 41 - 81 / 41.
    assert list(evidence.effective) == pytest.approx([41 - 81 / 41] * 2)


def test_customers_who_all_look_alike_do_not_separate_bands() -> None:
    assert list(evidence_of([[0.5, 0.5]] * 100).effective) == [0, 0]


def test_large_bands_are_not_merged() -> None:
    assert groups_of_at_least(evidence_of(certain(10, 12, 11)), 10) == [[0], [1], [2]]


def test_a_small_band_is_merged_with_its_smaller_neighbour() -> None:
    assert groups_of_at_least(evidence_of(certain(40, 9, 30, 50)), 10) == [[0], [1, 2], [3]]
    assert groups_of_at_least(evidence_of(certain(9, 40, 30)), 10) == [[0, 1], [2]]


def test_fewer_customers_in_total_give_no_group() -> None:
    assert groups_of_at_least(evidence_of(certain(4, 3, 2)), 10) == []
    assert groups_of_at_least(evidence_of(certain(4, 3, 3)), 10) == [[0, 1, 2]]
    assert groups_of_at_least(BandEvidence(np.zeros((3,) * 4)), 10) == []


people = st.lists(st.lists(st.floats(0.001, 1), min_size=4, max_size=4), min_size=1, max_size=120)


@given(people, st.integers(2, 40))
def test_no_group_is_too_small_and_every_band_is_in_one(drawn: list[list[float]], least: int) -> None:
    probs = np.array(drawn) / np.sum(drawn, axis=1, keepdims=True)
    evidence = evidence_of(probs)
    groups = groups_of_at_least(evidence, least)
    if len(drawn) < least - 1e-6:
        assert groups == []
        return
    assert [band for group in groups for band in group] == list(range(4))
    assert (evidence.joined(groups).customers >= least - 1e-6).all()


@given(people)
def test_merging_bands_equals_counting_them_as_one(drawn: list[list[float]]) -> None:
    probs = np.array(drawn) / np.sum(drawn, axis=1, keepdims=True)
    joined = evidence_of(probs).joined([[0], [1, 2], [3]])
    counted = evidence_of(np.stack([probs[:, 0], probs[:, 1] + probs[:, 2], probs[:, 3]], axis=1))
    assert joined.fourth == pytest.approx(counted.fourth)
