"""Error figures and their intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from train.card.measures import bootstrap, coverage, error, share, signed_years_outside


def known(*ages: float | tuple[float, float]) -> np.ndarray:
    return np.array([age if isinstance(age, tuple) else (age, age) for age in ages], float)


def test_years_outside_the_known_age_are_signed_and_zero_inside_a_band() -> None:
    assert signed_years_outside(
        np.array([33, 28, 24, 31, 8.0]), known(30, 30, (20, 29), (20, 29), (10, 19))
    ).tolist() == [
        3,
        -2,
        0,
        2,
        -2,
    ]


def test_the_error_is_the_mean_distance_with_an_interval() -> None:
    found = error(np.array([31, 35, 24, 30.0]), known(30, 30, 30, 30))
    assert found is not None
    assert (found.pictures, found.mean_error_years, found.bias_years) == (4, 3, 0)
    assert found.within_5_years == 0.75
    assert found.low < 3 < found.high
    assert found.bias_interval is not None
    assert found.bias_interval[0] < 0 < found.bias_interval[1]
    assert found.within_5_interval == pytest.approx(binomtest(3, 4).proportion_ci(0.95, "wilson"), abs=1e-4)


def test_without_photos_there_is_no_error() -> None:
    assert error(np.empty(0), np.empty((0, 2))) is None


def test_the_bootstrap_interval_agrees_with_the_normal_one_for_the_mean() -> None:
    values = np.random.default_rng(0).exponential(6, 1500)
    low, high = bootstrap(values)
    spread = 1.96 * values.std() / math.sqrt(1500)
    assert (low, high) == pytest.approx((values.mean() - spread, values.mean() + spread), abs=0.05)


@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_a_share_has_wilsons_interval(happened: list[bool]) -> None:
    found = share(np.array(happened))
    expected = binomtest(sum(happened), len(happened)).proportion_ci(0.95, "wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-4)


def test_a_share_without_photos_has_the_interval_0_to_1() -> None:
    found = share(np.empty(0, bool))
    assert (found.hits, found.trials, found.low, found.high) == (0, 0, 0, 1)


def test_the_coverage_of_a_calibrated_model_is_the_stated_probability() -> None:
    random = np.random.default_rng(0)
    centres, years = random.uniform(30, 60, 4000), np.arange(101)
    probs = np.exp(-0.5 * ((years - centres[:, None]) / 6) ** 2)
    probs /= probs.sum(axis=1, keepdims=True)
    ages = np.array([random.choice(years, p=row) for row in probs], float)
    # Whole years make the interval a little too wide, never too narrow.
    for stated in (0.8, 0.95):
        assert stated - 0.015 < coverage(probs, known(*ages), stated).share < stated + 0.05


def test_coverage_needs_exact_ages() -> None:
    assert coverage(np.full((1, 101), 1 / 101), known((20, 29)), 0.8).trials == 0
