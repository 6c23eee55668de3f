"""Fusion: many samples, one distribution that is never narrower than its samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn
from numpy.typing import NDArray

from edge.decision.fusion import TrackAge
from edge.vision.faces import AGES
from tests.edge.people import age_probs_at

Sample = tuple[NDArray[np.floating], float]

YEARS = np.arange(AGES)

distributions = stn.arrays(np.float64, AGES, elements=st.floats(0, 1, width=32)).filter(lambda a: a.sum() > 1e-3)
qualities = st.floats(0.01, 1)
any_samples = st.lists(st.tuples(distributions.map(lambda a: a / a.sum()), qualities), min_size=1, max_size=6)
bells = st.lists(st.tuples(st.floats(25, 75), st.floats(1, 8), qualities), min_size=1, max_size=6)


def fused(samples: Sequence[Sample]) -> TrackAge:
    age = TrackAge()
    for probs, quality in samples:
        age = age.add(probs, quality)
    return age


def variance(probs: NDArray[np.floating]) -> float:
    mean = probs @ YEARS
    return float(probs @ (YEARS - mean) ** 2)


def test_a_face_without_samples_has_no_age() -> None:
    with pytest.raises(ValueError, match="has no age"):
        TrackAge().estimate(18)


def test_a_single_sample_is_not_changed() -> None:
    estimate = TrackAge().add(age_probs_at(40, spread=4), 0.3).estimate(legal_age=18)
    assert estimate.mean == pytest.approx(40, abs=0.01)
    assert (estimate.low, estimate.high) == (33, 47)
    assert estimate.p_under_legal < 1e-6


def test_samples_are_weighted_by_quality() -> None:
    age = TrackAge().add(age_probs_at(20), 0.2).add(age_probs_at(60), 0.6)
    assert age.samples == 2
    assert age.estimate(18).mean == pytest.approx(50, abs=0.01)


def test_ten_equal_samples_are_no_narrower_than_one() -> None:
    single, ten = fused([(age_probs_at(30), 0.5)]), fused([(age_probs_at(30), 0.5)] * 10)
    assert ten.samples == 10
    np.testing.assert_allclose(ten.distribution, single.distribution, atol=1e-12)


def test_the_probability_of_being_under_age_counts_the_years_below_it() -> None:
    even = np.zeros(AGES)
    even[[16, 17, 18, 19]] = 0.25
    assert TrackAge().add(even, 1).estimate(legal_age=18).p_under_legal == pytest.approx(0.5)
    assert TrackAge().add(even, 1).estimate(legal_age=17).p_under_legal == pytest.approx(0.25)


def test_adding_a_sample_does_not_change_the_earlier_value() -> None:
    before = TrackAge().add(age_probs_at(30), 1)
    before.add(age_probs_at(70), 1)
    assert before.samples == 1
    assert before.estimate(18).mean == pytest.approx(30, abs=0.01)


@given(any_samples)
def test_the_fused_distribution_sums_to_one(samples: list[Sample]) -> None:
    distribution = fused(samples).distribution
    assert distribution.sum() == pytest.approx(1)
    assert distribution.min() >= 0


@given(any_samples, st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_matter(samples: list[Sample], random: object) -> None:
    shuffled = sorted(samples, key=lambda _: random.random())  # type: ignore[attr-defined]
    np.testing.assert_allclose(fused(shuffled).distribution, fused(samples).distribution, atol=1e-12)


@given(any_samples, distributions, st.sampled_from([0.0, -0.5, float("nan")]))
def test_a_sample_without_quality_is_ignored(samples: list[Sample], probs: NDArray[np.float64], none: float) -> None:
    age = fused(samples)
    assert age.add(probs, none) is age


@given(any_samples)
def test_the_interval_has_90_percent_inside_and_5_on_each_side(samples: list[Sample]) -> None:
    age = fused(samples)
    estimate, probs = age.estimate(18), age.distribution
    low, high = int(estimate.low), int(estimate.high)
    assert 0 <= low <= high <= 100
    assert probs[low : high + 1].sum() >= 0.90 - 1e-9
    assert probs[:low].sum() <= 0.05 + 1e-9
    assert probs[high + 1 :].sum() <= 0.05 + 1e-9


@given(any_samples)
def test_the_mean_lies_between_the_means_of_the_samples(samples: list[Sample]) -> None:
    means = [float(probs @ YEARS) for probs, _ in samples]
    assert min(means) - 1e-6 <= fused(samples).estimate(18).mean <= max(means) + 1e-6


@given(any_samples)
def test_the_probability_of_being_under_age_lies_between_those_of_the_samples(samples: list[Sample]) -> None:
    risks = [float(probs[:18].sum()) for probs, _ in samples]
    assert min(risks) - 1e-9 <= fused(samples).estimate(18).p_under_legal <= max(risks) + 1e-9


@given(any_samples)
def test_the_fused_variance_is_at_least_the_smallest_of_the_samples(samples: list[Sample]) -> None:
    assert variance(fused(samples).distribution) >= min(variance(probs) for probs, _ in samples) - 1e-6


@given(bells)
def test_the_interval_of_bell_shaped_samples_is_never_narrower_than_the_narrowest(
    samples: list[tuple[float, float, float]],
) -> None:
    singles = [(age_probs_at(mean, spread), quality) for mean, spread, quality in samples]
    widths = [(estimate := fused([sample]).estimate(18)).high - estimate.low for sample in singles]
    together = fused(singles).estimate(18)
    # Interval ends are whole years, so the width can differ by one year.
    assert together.high - together.low >= min(widths) - 1
