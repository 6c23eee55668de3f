"""Challenge ages for stated risks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from edge.ages.bundle import Threshold
from train.thresholds import thresholds, wilson_upper


def ages_by_risk(ages: list[float], known: tuple[float, float] = (15, 15)) -> dict[float, int]:
    found = thresholds(np.array(ages), np.tile(known, (len(ages), 1)))
    return {threshold.risk: threshold.challenge_age for threshold in found}


@pytest.mark.parametrize(
    ("hits", "trials", "upper"), [(0, 100, 0.0370), (5, 100, 0.1118), (50, 100, 0.5962), (100, 100, 1), (0, 10, 0.2775)]
)
def test_the_upper_bound_has_the_values_of_the_tables(hits: int, trials: int, upper: float) -> None:
    assert wilson_upper(hits, trials) == pytest.approx(upper, abs=5e-5)


@given(st.integers(1, 100_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_the_upper_bound_equals_that_of_scipys_two_sided_95_percent_interval(counts: tuple[int, int]) -> None:
    expected = binomtest(*counts).proportion_ci(0.95, "wilson").high
    assert wilson_upper(*counts) == pytest.approx(expected, abs=1e-6)


def test_without_trials_the_upper_bound_is_1() -> None:
    assert wilson_upper(0, 0) == 1


def test_every_risk_gets_the_lowest_age_that_meets_it() -> None:
    # 30 of 1000 have a predicted age of 26.5: at most 4.25 % pass while the challenge age is not above 26.
    ages = [26.5] * 30 + [15.0] * 970
    assert ages_by_risk(ages) == {0.01: 27, 0.02: 27, 0.05: 18, 0.10: 18}


def test_a_threshold_records_its_sample() -> None:
    found = thresholds(np.array([26.5] * 30 + [15.0] * 970), np.full((1000, 2), 17.0))
    assert found[0] == Threshold(risk=0.01, challenge_age=27, teenagers=1000, passed=0)
    assert found[2] == Threshold(risk=0.05, challenge_age=18, teenagers=1000, passed=30)


def test_a_predicted_age_equal_to_the_challenge_age_passes() -> None:
    assert ages_by_risk([20.0] * 1000)[0.01] == 21
    assert ages_by_risk([19.99] * 1000)[0.01] == 20


def test_risks_that_need_more_photos_are_omitted() -> None:
    assert ages_by_risk([15.0] * 100) == {0.05: 18, 0.10: 18}
    assert ages_by_risk([15.0] * 20) == {}


def test_risks_that_no_challenge_age_up_to_60_meets_are_omitted() -> None:
    ages = [70.0] * 30 + [15.0] * 970
    assert ages_by_risk(ages) == {0.05: 18, 0.10: 18}


@pytest.mark.parametrize("known", [(18, 18), (12, 12), (14, 18), (20, 29)])
def test_only_people_known_to_be_13_to_17_count(known: tuple[float, float]) -> None:
    assert ages_by_risk([15.0] * 1000, known) == {}


def test_a_band_within_13_to_17_counts() -> None:
    assert ages_by_risk([15.0] * 1000, (13, 17)) == {0.01: 18, 0.02: 18, 0.05: 18, 0.10: 18}


def test_people_with_a_band_around_13_to_17_count_as_teenagers_and_the_band_is_recorded() -> None:
    known = np.repeat([[10.0, 19.0], [20.0, 29.0], [16.0, 16.0]], [95, 100, 105], axis=0)
    ages = np.array([22.0] * 3 + [15.0] * 92 + [25.0] * 100 + [22.0] * 2 + [15.0] * 103)
    at_ten_percent = thresholds(ages, known)[-1]
    assert at_ten_percent == Threshold(risk=0.10, challenge_age=18, teenagers=200, passed=5, ages=(10, 19))


def test_with_few_known_teenagers_the_band_around_them_is_used_and_recorded() -> None:
    known = np.repeat([[10.0, 19.0], [20.0, 29.0], [16.0, 16.0]], [95, 100, 5], axis=0)
    ages = np.array([22.0] * 3 + [15.0] * 92 + [25.0] * 100 + [15.0] * 5)
    at_ten_percent = thresholds(ages, known)[-1]
    assert at_ten_percent == Threshold(risk=0.10, challenge_age=18, teenagers=100, passed=3, ages=(10, 19))


def test_without_known_teenagers_only_the_band_is_used() -> None:
    assert ages_by_risk([15.0] * 100, (10, 19)) == {0.05: 18, 0.10: 18}


def test_easy_photos_of_a_source_do_not_compensate_for_hard_photos_of_another() -> None:
    ages = np.array([15.0] * 300 + [27.5] * 20 + [15.0] * 80)
    known, sources = np.full((400, 2), 16.0), np.repeat(["easy", "hard"], [300, 100])
    together = {each.risk: each.challenge_age for each in thresholds(ages, known)}
    assert together == {0.01: 28, 0.02: 28, 0.05: 28, 0.10: 18}
    (loosest,) = (each for each in thresholds(ages, known, sources) if each.risk == 0.10)
    assert loosest == Threshold(risk=0.10, challenge_age=28, teenagers=400, passed=0)


def test_a_source_with_too_few_photos_for_a_risk_counts_only_together_with_the_others() -> None:
    ages, known = np.array([15.0] * 300 + [27.5] * 2 + [15.0] * 28), np.full((330, 2), 16.0)
    sources = np.repeat(["easy", "few"], [300, 30])
    assert thresholds(ages, known, sources) == thresholds(ages, known)


def test_a_band_with_few_people_is_not_used() -> None:
    known = np.repeat([[10.0, 19.0], [16.0, 16.0]], [39, 100], axis=0)
    found = thresholds(np.array([50.0] * 39 + [15.0] * 100), known)
    assert [(each.challenge_age, each.teenagers, each.ages) for each in found] == [(18, 100, (13, 17))] * 2


def test_adults_do_not_raise_the_threshold() -> None:
    ages = np.array([15.0] * 1000 + [45.0] * 1000)
    known = np.repeat([[16.0, 16.0], [45.0, 45.0]], 1000, axis=0)
    assert [threshold.challenge_age for threshold in thresholds(ages, known)] == [18, 18, 18, 18]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=300))
def test_a_smaller_risk_never_has_a_lower_challenge_age_and_every_bound_holds(ages: list[float]) -> None:
    found = thresholds(np.array(ages), np.full((len(ages), 2), 15.0))
    assert all(smaller.challenge_age >= larger.challenge_age for smaller, larger in pairwise(found))
    for threshold in found:
        passed = sum(age >= threshold.challenge_age for age in ages)
        assert threshold.passed == passed
        assert wilson_upper(passed, len(ages)) <= threshold.risk
