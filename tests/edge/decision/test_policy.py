"""The policy: NO_CHALLENGE needs every condition to hold, and every doubt means: ask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn
from numpy.typing import NDArray

from edge.decision.fusion import TrackAge
from edge.decision.policy import Decision, Reason, decide, may_replace
from edge.settings.sections import PolicySettings
from edge.vision.faces import AGES
from tests.edge.people import age_probs_at

SETTINGS = PolicySettings()
T = 25

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


def sampled(probs: NDArray[np.floating], times: int) -> TrackAge:
    age = TrackAge()
    for _ in range(times):
        age = age.add(probs, 1.0)
    return age


def test_an_older_face_with_enough_samples_is_not_challenged() -> None:
    verdict = decide(sampled(age_probs_at(50), 3), (), T, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons, verdict.samples) == (Decision.NO_CHALLENGE, (Reason.LOOKS_OLDER,), 3)
    assert verdict.age is not None
    assert verdict.age.mean == pytest.approx(50, abs=0.01)


def test_a_young_face_is_challenged() -> None:
    verdict = decide(sampled(age_probs_at(20), 3), (), T, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons) == (Decision.CHALLENGE, (Reason.LOOKS_YOUNG,))


@pytest.mark.parametrize(("mean", "decision"), [(24.5, Decision.CHALLENGE), (25.5, Decision.NO_CHALLENGE)])
def test_the_challenge_age_divides_young_from_old(mean: float, decision: Decision) -> None:
    assert decide(sampled(age_probs_at(mean, spread=2), 3), (), T, 18, SETTINGS).decision is decision


def test_a_mean_of_exactly_the_challenge_age_passes() -> None:
    certain = np.zeros(AGES)
    certain[T] = 1
    assert decide(sampled(certain, 3), (), T, 18, SETTINGS).decision is Decision.NO_CHALLENGE


def test_an_older_mean_with_a_risk_of_being_under_age_is_challenged_as_uncertain() -> None:
    torn = 0.94 * age_probs_at(40, spread=1) + 0.06 * age_probs_at(12, spread=1)
    verdict = decide(sampled(torn, 3), (), T, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons) == (Decision.CHALLENGE, (Reason.UNCERTAIN,))
    assert verdict.age is not None
    assert verdict.age.p_under_legal == pytest.approx(0.06, abs=1e-4)


def test_two_samples_are_not_enough() -> None:
    verdict = decide(sampled(age_probs_at(50), 2), (), T, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons) == (Decision.UNKNOWN, (Reason.FEW_LOOKS,))


@pytest.mark.parametrize("age", [None, TrackAge()])
def test_without_a_customer_or_samples_the_verdict_is_unknown(age: TrackAge | None) -> None:
    verdict = decide(age, (), T, 18, SETTINGS)
    assert (verdict.decision, verdict.age, verdict.samples) == (Decision.UNKNOWN, None, 0)


def test_a_doubt_is_the_reason_and_the_verdict_has_no_age() -> None:
    verdict = decide(sampled(age_probs_at(50), 9), (Reason.TWO_PEOPLE,), T, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons, verdict.samples) == (Decision.UNKNOWN, (Reason.TWO_PEOPLE,), 9)
    assert verdict.age is None


def test_a_young_companion_is_no_doubt_about_the_customers_own_age() -> None:
    age = sampled(age_probs_at(50), 3)
    verdict = decide(age, (Reason.YOUNG_COMPANION,), T, 18, SETTINGS)
    assert (verdict.decision, verdict.reasons) == (Decision.UNKNOWN, (Reason.YOUNG_COMPANION,))
    assert verdict.age == age.estimate(18)
    assert decide(age, (Reason.YOUNG_COMPANION, Reason.TWO_PEOPLE), T, 18, SETTINGS).age is None


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
def test_the_probability_of_being_under_age_is_that_of_the_sales_legal_age(legal_age: int, decision: Decision) -> None:
    age = sampled(age_probs_at(26, spread=3), 3)
    verdict = decide(age, (), T, legal_age, PolicySettings(max_p_under_legal=0.02))
    assert verdict.decision is decision
    assert verdict.age == age.estimate(legal_age)


@given(ages, doubts.filter(bool), st.integers(18, 60))
def test_any_doubt_makes_the_verdict_unknown(age: TrackAge, doubts: tuple[Reason, ...], challenge_age: int) -> None:
    assert decide(age, doubts, challenge_age, 18, SETTINGS).decision is Decision.UNKNOWN


@given(ages, doubts, st.integers(18, 60), st.integers(1, 8), st.floats(0, 1))
def test_no_challenge_needs_every_condition(
    age: TrackAge, doubts: tuple[Reason, ...], challenge_age: int, min_looks: int, most: float
) -> None:
    settings = PolicySettings(min_looks=min_looks, max_p_under_legal=most)
    verdict = decide(age, doubts, challenge_age, 18, settings)
    sure = not doubts and age.samples >= min_looks
    if sure:
        estimate = age.estimate(18)
        sure = estimate.mean >= challenge_age and estimate.p_under_legal <= most
    assert (verdict.decision is Decision.NO_CHALLENGE) == sure


@given(ages, doubts, st.integers(18, 59))
def test_a_higher_challenge_age_never_lets_more_pass(
    age: TrackAge, doubts: tuple[Reason, ...], challenge_age: int
) -> None:
    assume(decide(age, doubts, challenge_age, 18, SETTINGS).decision is not Decision.NO_CHALLENGE)
    assert decide(age, doubts, challenge_age + 1, 18, SETTINGS).decision is not Decision.NO_CHALLENGE


@given(ages, doubts, st.integers(18, 60))
def test_every_verdict_has_a_reason(age: TrackAge, doubts: tuple[Reason, ...], challenge_age: int) -> None:
    assert decide(age, doubts, challenge_age, 18, SETTINGS).reasons


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
