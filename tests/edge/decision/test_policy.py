"""The policy: NO_CHALLENGE needs every condition to hold, and every doubt means: ask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn
from numpy.typing import NDArray

from edge.decision.fusion import TrackAge
from edge.decision.policy import Decision, Limit, Reason, asks, decide, may_replace
from edge.settings.sections import PolicySettings
from edge.vision.faces import AGES
from tests.edge.people import LIMIT, age_probs_at

SETTINGS = PolicySettings()

decisions = st.sampled_from(Decision)
doubts = st.lists(st.sampled_from(Reason), max_size=3, unique=True).map(tuple)
distributions = (
    stn.arrays(np.float64, AGES, elements=st.floats(0, 1, width=32))
    .filter(lambda a: a.sum() > 1e-3)
    .map(lambda a: a / a.sum())
)
around = st.tuples(st.floats(0, 100), st.floats(0.5, 20)).map(
    lambda bell: np.exp(-(((np.arange(AGES) - bell[0]) / bell[1]) ** 2) / 2)
)
ages = st.builds(
    lambda probs, samples: TrackAge(probs / probs.sum() * samples, float(samples), samples),
    distributions | around,
    st.integers(0, 8),
)

limits = st.builds(lambda most, mean: Limit(18, most, max(18, mean), mean), st.floats(0, 1), st.integers(0, 60))


def torn(p_under_18: float) -> NDArray[np.float64]:
    """Either 12 years old, with this probability, or 40."""
    probs = np.zeros(AGES)
    probs[[12, 40]] = p_under_18, 1 - p_under_18
    return probs


def sampled(probs: NDArray[np.floating], times: int) -> TrackAge:
    age = TrackAge()
    for _ in range(times):
        age = age.add(probs, 1.0)
    return age


def test_an_older_face_with_enough_samples_is_not_challenged() -> None:
    verdict = decide(sampled(age_probs_at(50), 3), (), LIMIT, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons, verdict.samples) == (Decision.NO_CHALLENGE, (Reason.LOOKS_OLDER,), 3)
    assert verdict.age is not None
    assert verdict.age.mean == pytest.approx(50, abs=0.01)


def test_a_young_face_is_challenged() -> None:
    verdict = decide(sampled(age_probs_at(20), 3), (), LIMIT, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons) == (Decision.CHALLENGE, (Reason.LOOKS_YOUNG,))


@pytest.mark.parametrize(("p_under", "decision"), [(0.031, Decision.CHALLENGE), (0.029, Decision.NO_CHALLENGE)])
def test_the_probability_of_being_under_age_decides(p_under: float, decision: Decision) -> None:
    assert decide(sampled(torn(p_under), 3), (), LIMIT, 18, SETTINGS).decision is decision


def test_a_probability_of_exactly_the_limit_passes() -> None:
    limit = replace(LIMIT, max_p_under_legal=0.25)
    assert decide(sampled(torn(0.25), 4), (), limit, 18, SETTINGS).decision is Decision.NO_CHALLENGE


@pytest.mark.parametrize(("mean", "decision"), [(29.5, Decision.CHALLENGE), (30.5, Decision.NO_CHALLENGE)])
def test_a_lowest_mean_age_is_asked_for_as_well(mean: float, decision: Decision) -> None:
    limit = replace(LIMIT, challenge_age=30, min_mean_age=30)
    assert decide(sampled(age_probs_at(mean, spread=2), 3), (), limit, 18, SETTINGS).decision is decision


def test_an_older_mean_with_a_risk_of_being_under_age_is_challenged_as_uncertain() -> None:
    verdict = decide(sampled(torn(0.06), 3), (), LIMIT, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons) == (Decision.CHALLENGE, (Reason.UNCERTAIN,))
    assert verdict.age is not None
    assert verdict.age.p_under_legal == pytest.approx(0.06, abs=1e-4)


def test_two_samples_are_not_enough() -> None:
    verdict = decide(sampled(age_probs_at(50), 2), (), LIMIT, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons) == (Decision.UNKNOWN, (Reason.FEW_LOOKS,))


@pytest.mark.parametrize("age", [None, TrackAge()])
def test_without_a_customer_or_samples_the_verdict_is_unknown(age: TrackAge | None) -> None:
    verdict = decide(age, (), LIMIT, 18, SETTINGS)
    assert (verdict.decision, verdict.age, verdict.samples) == (Decision.UNKNOWN, None, 0)


def test_a_doubt_is_the_reason_and_the_verdict_has_no_age() -> None:
    verdict = decide(sampled(age_probs_at(50), 9), (Reason.TWO_PEOPLE,), LIMIT, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons, verdict.samples) == (Decision.UNKNOWN, (Reason.TWO_PEOPLE,), 9)
    assert verdict.age is None


def test_a_young_companion_is_no_doubt_about_the_customers_own_age() -> None:
    age = sampled(age_probs_at(50), 3)
    verdict = decide(age, (Reason.YOUNG_COMPANION,), LIMIT, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons) == (Decision.UNKNOWN, (Reason.YOUNG_COMPANION,))
    assert verdict.age == age.estimate(18)
    assert decide(age, (Reason.YOUNG_COMPANION, Reason.TWO_PEOPLE), LIMIT, 18, SETTINGS).age is None


@given(ages | st.none(), doubts, st.integers(1, 100))
def test_without_a_limit_everybody_is_asked_at_once(
    age: TrackAge | None, doubts: tuple[Reason, ...], legal_age: int
) -> None:
    verdict = decide(age, doubts, None, legal_age, SETTINGS)
    assert (verdict.decision, verdict.reasons) == (Decision.CHALLENGE, (Reason.NO_LIMIT_FOR_AGE,))


def test_without_a_limit_an_age_without_doubts_is_still_known() -> None:
    verdict = decide(sampled(age_probs_at(50), 3), (), None, 21, SETTINGS)
    assert verdict.age is not None
    assert verdict.age.mean == pytest.approx(50, abs=0.01)
    assert decide(sampled(age_probs_at(50), 3), (Reason.TWO_PEOPLE,), None, 21, SETTINGS).age is None


@pytest.mark.parametrize(("legal_age", "decision"), [(18, Decision.NO_CHALLENGE), (21, Decision.CHALLENGE)])
def test_the_probability_of_being_under_age_is_that_of_the_limits_legal_age(legal_age: int, decision: Decision) -> None:
    age = sampled(age_probs_at(26, spread=3), 3)
    verdict = decide(age, (), Limit(legal_age, 0.02, challenge_age=30), legal_age, SETTINGS)
    assert verdict.decision is decision
    assert verdict.age == age.estimate(legal_age)


@given(ages, doubts.filter(bool), limits)
def test_any_doubt_makes_the_verdict_unknown(age: TrackAge, doubts: tuple[Reason, ...], limit: Limit) -> None:
    assert decide(age, doubts, limit, 18, SETTINGS).decision is Decision.UNKNOWN


@given(ages, doubts, limits, st.integers(1, 8))
def test_no_challenge_needs_every_condition(
    age: TrackAge, doubts: tuple[Reason, ...], limit: Limit, min_looks: int
) -> None:
    verdict = decide(age, doubts, limit, 18, PolicySettings(min_looks=min_looks))
    sure = not doubts and age.samples >= min_looks
    if sure:
        estimate = age.estimate(18)
        sure = estimate.mean >= limit.min_mean_age and estimate.p_under_legal <= limit.max_p_under_legal
    assert (verdict.decision is Decision.NO_CHALLENGE) == sure


@given(ages, doubts, limits, st.floats(0, 1), st.integers(0, 60))
def test_a_stricter_limit_never_lets_more_pass(
    age: TrackAge, doubts: tuple[Reason, ...], limit: Limit, most: float, mean: int
) -> None:
    assume(decide(age, doubts, limit, 18, SETTINGS).decision is not Decision.NO_CHALLENGE)
    stricter = replace(
        limit, max_p_under_legal=min(most, limit.max_p_under_legal), min_mean_age=max(mean, limit.min_mean_age)
    )
    assert decide(age, doubts, stricter, 18, SETTINGS).decision is not Decision.NO_CHALLENGE


@given(st.lists(ages.filter(lambda age: age.samples >= 3), min_size=1, max_size=9), limits)
def test_a_lane_and_a_table_of_photos_give_the_same_answers(people: list[TrackAge], limit: Limit) -> None:
    """The report card and the thresholds use `asks` for many photos at once."""
    together = asks(np.stack([person.distribution for person in people]), limit)
    one_by_one = [decide(person, (), limit, 18, SETTINGS).decision is Decision.CHALLENGE for person in people]
    assert together.tolist() == one_by_one


@given(ages, doubts, limits)
def test_every_verdict_has_a_reason(age: TrackAge, doubts: tuple[Reason, ...], limit: Limit) -> None:
    assert decide(age, doubts, limit, 18, SETTINGS).reasons


@given(decisions)
def test_a_challenge_is_never_replaced(new: Decision) -> None:
    assert not may_replace(Decision.CHALLENGE, new)


@given(decisions)
def test_a_decision_does_not_replace_itself(decision: Decision) -> None:
    assert not may_replace(decision, decision)


def test_unknown_may_become_anything_and_no_challenge_may_become_asking() -> None:
    assert may_replace(Decision.UNKNOWN, Decision.CHALLENGE)
    assert may_replace(Decision.UNKNOWN, Decision.NO_CHALLENGE)
    assert may_replace(Decision.NO_CHALLENGE, Decision.CHALLENGE)
    assert may_replace(Decision.NO_CHALLENGE, Decision.UNKNOWN)
