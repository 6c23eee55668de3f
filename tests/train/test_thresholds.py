"""Limits for stated risks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

from edge.ages.bundle import Threshold
from edge.decision.policy import Limit, asks
from edge.settings.sections import PolicySettings
from edge.vision.faces import AGES
from tests.edge.people import age_probs_at
from train.thresholds import default_limit, dividing_age, thresholds, wilson_upper


def torn(p_under: list[float]) -> NDArray[np.float64]:
    """People who are either 12 years old, with these probabilities, or 40."""
    probs = np.zeros((len(p_under), AGES))
    probs[:, 12] = p_under
    probs[:, 40] = 1 - probs[:, 12]
    return probs


def of_18(p_under: list[float], known: tuple[float, float] = (15, 15)) -> tuple[Threshold, ...]:
    """The thresholds for legal age 18, measured on people of these known ages."""
    found = thresholds(torn(p_under), np.tile(known, (len(p_under), 1)))
    return tuple(each for each in found if each.legal_age == 18)


def limits_by_risk(found: tuple[Threshold, ...]) -> dict[float, float]:
    return {each.risk: each.max_p_under_legal for each in found if each.legal_age == 18}


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


def test_every_risk_gets_the_highest_limit_that_meets_it() -> None:
    # 30 of 1000 are under 18 with 3 %: at most 4.25 % pass while the limit is below the others' 90 %.
    found = of_18([0.03] * 30 + [0.9] * 970)
    assert limits_by_risk(found) == {0.01: 0.0299, 0.02: 0.0299, 0.05: 0.5, 0.10: 0.5}


def test_a_threshold_records_its_sample() -> None:
    found = of_18([0.03] * 30 + [0.9] * 970, (17, 17))
    assert (found[0].underage, found[0].passed, found[0].ages) == (1000, 0, (13, 17))
    assert (found[2].underage, found[2].passed) == (1000, 30)


def test_limits_are_rounded_down() -> None:
    assert limits_by_risk(of_18([0.012345] * 1000)) == dict.fromkeys((0.01, 0.02, 0.05, 0.10), 0.0123)


def test_risks_that_no_limit_meets_are_omitted() -> None:
    """The model is sure that 30 of these minors are adults."""
    assert limits_by_risk(of_18([0.0] * 30 + [0.9] * 970)) == {0.05: 0.5, 0.10: 0.5}


def test_risks_that_need_more_photos_are_omitted() -> None:
    assert limits_by_risk(of_18([0.9] * 100)) == {0.05: 0.5, 0.10: 0.5}
    assert of_18([0.9] * 20) == ()


@pytest.mark.parametrize("known", [(18, 18), (12, 12), (14, 18), (20, 29), (10, 25)])
def test_only_people_known_to_be_13_to_17_count_for_18(known: tuple[float, float]) -> None:
    assert of_18([0.9] * 1000, known) == ()


@pytest.mark.parametrize(("legal_age", "known"), [(16, (11, 15)), (18, (13, 17)), (21, (16, 20))])
def test_every_legal_age_is_measured_on_those_who_are_up_to_five_years_younger(
    legal_age: int, known: tuple[float, float]
) -> None:
    found = thresholds(torn([0.9] * 1000), np.tile(known, (1000, 1)))
    assert {each.legal_age for each in found} == {legal_age}
    assert found[0].ages == known


def test_people_with_a_band_around_13_to_17_count_when_too_few_ages_are_known_better() -> None:
    known = np.repeat([[10.0, 19.0], [20.0, 29.0], [16.0, 16.0]], [195, 100, 105], axis=0)
    found = thresholds(torn([0.9] * 195 + [0.0] * 100 + [0.1] * 2 + [0.9] * 103), known)
    measured = {each.risk: (each.underage, each.passed, each.ages) for each in found if each.legal_age == 18}
    assert measured == {0.02: (300, 0, (10, 19)), 0.05: (105, 0, (13, 17)), 0.10: (105, 2, (13, 17))}


def test_easy_people_of_a_band_never_raise_the_limit_of_a_smaller_risk() -> None:
    known = np.repeat([[10.0, 19.0], [16.0, 16.0]], [250, 100], axis=0)
    found = limits_by_risk(thresholds(torn([0.9] * 250 + [0.03] * 2 + [0.9] * 98), known))
    assert found == {0.02: 0.0299, 0.05: 0.0299, 0.10: 0.5}


def test_a_band_with_many_adults_does_not_count() -> None:
    known = np.tile([10.0, 19.0], (1000, 1))
    assert {each.legal_age for each in thresholds(torn([0.9] * 1000), known)} == {18}, "not for 16"


def test_a_band_with_few_people_is_not_used() -> None:
    known = np.repeat([[10.0, 19.0], [17.0, 17.0]], [39, 100], axis=0)
    found = thresholds(torn([0.0] * 39 + [0.9] * 100), known)
    assert {(each.underage, each.ages) for each in found if each.legal_age == 18} == {(100, (13, 17))}


def test_easy_photos_of_a_source_do_not_compensate_for_hard_photos_of_another() -> None:
    probs, known = torn([0.9] * 300 + [0.02] * 20 + [0.9] * 80), np.full((400, 2), 16.0)
    assert limits_by_risk(thresholds(probs, known))[0.10] == 0.5
    sources = np.repeat(["easy", "hard"], [300, 100])
    assert limits_by_risk(thresholds(probs, known, sources))[0.10] == 0.0199


def test_nobody_passes_in_a_source_with_too_few_photos_for_a_risk() -> None:
    probs, known = torn([0.9] * 300 + [0.02] * 2 + [0.9] * 28), np.full((330, 2), 16.0)
    sources = np.repeat(["easy", "few"], [300, 30])
    assert limits_by_risk(thresholds(probs, known, sources))[0.10] == 0.0199


def test_a_source_with_hardly_any_photos_counts_only_together_with_the_others() -> None:
    probs, known = torn([0.9] * 300 + [0.02] * 2 + [0.9] * 27), np.full((329, 2), 16.0)
    sources = np.repeat(["easy", "few"], [300, 29])
    assert thresholds(probs, known, sources) == thresholds(probs, known)


def test_adults_do_not_change_the_limit() -> None:
    known = np.repeat([[16.0, 16.0], [45.0, 45.0]], 1000, axis=0)
    found = thresholds(torn([0.5] * 1000 + [0.0001] * 1000), known)
    assert limits_by_risk(found) == limits_by_risk(of_18([0.5] * 1000))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=300))
def test_a_smaller_risk_never_has_a_higher_limit_and_every_bound_holds(p_under: list[float]) -> None:
    found, probs = of_18(p_under), torn(p_under)
    assert all(smaller.max_p_under_legal <= larger.max_p_under_legal for smaller, larger in pairwise(found))
    for threshold in found:
        passed = int((~asks(probs, Limit(18, threshold.max_p_under_legal, 18))).sum())
        assert threshold.passed == passed
        assert wilson_upper(passed, len(p_under)) <= threshold.risk


@pytest.mark.parametrize("most", [0.2, 0.03])
def test_the_dividing_age_is_that_of_the_person_who_is_just_asked(most: float) -> None:
    people = np.stack([age_probs_at(mean, spread=4) for mean in np.arange(15, 45, 0.1)])
    limit = Limit(18, most, challenge_age=18)
    asked = asks(people, limit)
    assert dividing_age(people, limit) == pytest.approx(15 + asked.sum() / 10, abs=1)


def test_the_default_limit_is_that_of_a_lane_with_the_default_settings() -> None:
    found = of_18([0.03] * 30 + [0.9] * 970)
    used = next(each for each in found if each.risk == PolicySettings().risk)
    assert default_limit(found) == Limit(18, used.max_p_under_legal, used.challenge_age)
    assert default_limit(found, 21) is default_limit(()) is None
    assert default_limit([each for each in found if each.risk > used.risk]) is None  # never that of a larger risk
