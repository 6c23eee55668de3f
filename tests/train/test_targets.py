"""Soft labels: a known age as a distribution over the years 0..100."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from train.targets import DECIDING_AGES, YEARS, deciding_loss, soft_labels, with_opinions


def label(low: float, high: float, predicted: np.ndarray | None = None, share: float = 0.5) -> np.ndarray:
    """float32 (101,): the soft label of one person, mixed with a teacher's opinion if there is one."""
    ages = np.array([[low, high]], np.float32)
    if predicted is None:
        return soft_labels(ages)[0]
    parts = (torch.from_numpy(part) for part in (soft_labels(ages), ages, predicted[None].astype(np.float32)))
    return with_opinions(*parts, share)[0].numpy()


def certain(year: int) -> np.ndarray:
    """An opinion with all its probability on a year."""
    return np.eye(101, dtype=np.float32)[year]


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)).map(sorted), min_size=1, max_size=20))
def test_every_label_is_a_distribution(ages: list[list[int]]) -> None:
    labels = soft_labels(np.array(ages, np.float32))
    assert labels.dtype == np.float32
    assert labels.shape == (len(ages), 101)
    assert labels.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert labels.min() >= 0


@given(st.tuples(st.integers(0, 120), st.integers(0, 120)).map(sorted), st.integers(0, 2**32))
def test_every_label_mixed_with_an_opinion_is_a_distribution(ages: list[int], seed: int) -> None:
    predicted = np.random.default_rng(seed).dirichlet(np.full(101, 0.1)).astype(np.float32)
    assert label(*ages, predicted).sum() == pytest.approx(1, abs=1e-5)


def test_an_exact_age_becomes_a_gaussian_of_two_years_around_it() -> None:
    exact = label(30, 30)
    assert exact @ YEARS == pytest.approx(30, abs=1e-3)
    assert exact @ (YEARS - 30) ** 2 == pytest.approx(4, abs=0.01)
    assert exact[32] / exact[30] == pytest.approx(np.exp(-0.5), abs=1e-4)


def test_an_exact_age_may_be_between_two_years() -> None:
    exact = label(30.5, 30.5)
    assert exact[30] == pytest.approx(exact[31])
    assert exact @ YEARS == pytest.approx(30.5, abs=1e-3)


def test_a_band_becomes_flat_over_its_years_with_both_ends() -> None:
    band = label(20, 29)
    assert band[20:30] == pytest.approx(0.1)
    assert band.sum() == pytest.approx(band[20:30].sum())


def test_a_band_within_one_year_gives_a_distribution() -> None:
    assert label(20.2, 20.8).sum() == pytest.approx(1, abs=1e-5)


def test_ages_above_100_count_as_100() -> None:
    assert label(110, 110).argmax() == 100
    assert label(95, 120)[95:] == pytest.approx(1 / 6)
    assert label(105, 120).argmax() == 100


def test_an_opinion_gets_half_of_an_exact_age() -> None:
    exact = label(30, 30, certain(60))
    assert exact[60] == pytest.approx(0.5)
    assert exact[:50] == pytest.approx(0.5 * label(30, 30)[:50])


def test_an_opinion_gets_half_of_a_band() -> None:
    band = label(20, 29, certain(25))
    assert band[25] == pytest.approx(0.55)
    assert band[[20, 24, 26, 29]] == pytest.approx(0.05)


def test_only_the_part_of_an_opinion_inside_the_band_counts() -> None:
    band = label(20, 29, 0.5 * certain(25) + 0.5 * certain(60))
    assert band[25] == pytest.approx(0.55)
    assert band[60] == 0


def test_an_opinion_almost_entirely_outside_the_band_is_ignored() -> None:
    band = label(20, 29, 0.01 * certain(25) + 0.99 * certain(60))
    assert band == pytest.approx(label(20, 29))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0])
def test_an_opinion_has_the_given_share_of_the_label(share: float) -> None:
    assert label(30, 30, certain(50), share)[50] == pytest.approx(share, abs=1e-4)
    assert label(20, 29, certain(22), share)[22] == pytest.approx(share + (1 - share) / 10, abs=1e-4)


def test_an_opinion_about_an_age_above_100_counts() -> None:
    assert label(110, 110, certain(90))[[90, 100]] == pytest.approx([0.5, 0.5 * label(110, 110)[100]], abs=1e-5)


def sure(*years: int) -> torch.Tensor:
    """float32 (N, 101): logits of a network that is quite sure of a year."""
    return 12 * torch.eye(101)[list(years)]


def known(*ages: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(ages, dtype=torch.float32)


def test_the_right_side_of_every_deciding_age_costs_nothing() -> None:
    assert deciding_loss(sure(15, 30), known((12, 12), (25, 25))).item() == pytest.approx(0, abs=0.01)


def test_each_wrong_side_costs_as_much_as_the_network_is_sure() -> None:
    # 24 instead of 17: wrong about 18 and 21, right about 16 and 25.
    log_probs = sure(24).log_softmax(dim=1)[0]
    sides = [log_probs[16:], log_probs[:18], log_probs[:21], log_probs[:25]]
    expected = -sum(side.logsumexp(dim=0).item() for side in sides) / 4
    assert deciding_loss(sure(24), known((17, 17))).item() == pytest.approx(expected, rel=1e-4)
    assert deciding_loss(sure(24), known((17, 17))) > deciding_loss(sure(19), known((17, 17))) > 1


def test_a_band_counts_only_where_it_is_certain() -> None:
    # 10-19: younger than 21 and 25; nobody knows about 16 and 18.
    inside, beside = (deciding_loss(sure(year), known((10, 19))).item() for year in (12, 19))
    assert inside == pytest.approx(beside, abs=0.01)
    assert deciding_loss(sure(22), known((10, 19))).item() > 2
    assert deciding_loss(sure(40), known((0, 100))).item() == 0


def test_somebody_of_exactly_the_legal_age_is_not_younger() -> None:
    for age in DECIDING_AGES:
        assert deciding_loss(sure(age), known((age, age))) < deciding_loss(sure(age - 1), known((age, age)))
