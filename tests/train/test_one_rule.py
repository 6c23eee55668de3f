"""One rule decides who is asked: in the lane, in the report card, and where the limits are set."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.decision.fusion import TrackAge
from edge.decision.policy import Decision, Limit, decide
from edge.settings.sections import PolicySettings
from tests.edge.people import age_probs_at
from tests.train.builders import pictures_of
from train.card.breakdowns import challenge
from train.card.operating import JudgedPhotos, operating_point
from train.thresholds import thresholds

RISK = 0.10

looks = st.lists(
    st.tuples(st.floats(10, 26), st.floats(3, 12)).map(lambda person: age_probs_at(*person)), min_size=40, max_size=60
).map(np.stack)
"""Age probabilities (N, 101) of some people."""


def asked_in_the_lane(age_probs: NDArray[np.floating], limit: Limit) -> bool:
    """The lane's answer about a customer with three samples that are alike."""
    age = TrackAge()
    for _ in range(3):
        age = age.add(age_probs, 1.0)
    return decide(age, (), limit, limit.legal_age, PolicySettings()).decision is Decision.CHALLENGE


@given(looks)
def test_the_lane_the_card_and_the_limits_ask_the_same_people(age_probs: NDArray[np.floating]) -> None:
    count = len(age_probs)
    known = np.tile([16.0, 16.0], (count, 1))
    measured = [each for each in thresholds(age_probs, known) if each.legal_age == 18 and each.risk == RISK]
    assert measured
    for each in measured:
        limit = Limit(18, each.max_p_under_legal, each.challenge_age)
        passed_in_the_lane = sum(not asked_in_the_lane(probs, limit) for probs in age_probs)
        assert each.passed == passed_in_the_lane
        assert challenge(limit, age_probs, known).passed_13_17.hits == passed_in_the_lane
        photos = JudgedPhotos(pictures_of(ages=[(16, 16)] * count), age_probs, set_limits=False)
        for rates in operating_point((each,), [photos]).rates:
            assert rates.rates.passed_13_17.hits == passed_in_the_lane


@given(looks, st.floats(0, 0.5), st.sampled_from([16, 18, 21]))
def test_for_any_limit_the_lane_and_the_card_ask_the_same_adults(
    age_probs: NDArray[np.floating], most: float, legal_age: int
) -> None:
    limit = Limit(legal_age, most, challenge_age=legal_age)
    asked = sum(asked_in_the_lane(probs, limit) for probs in age_probs)
    found = challenge(limit, age_probs, np.tile([30.0, 30.0], (len(age_probs), 1)))
    assert (found.asked_25_40.hits, found.asked_25_40.trials) == (asked, len(age_probs))
