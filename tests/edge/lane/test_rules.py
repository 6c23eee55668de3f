"""The limits of a lane: who is asked for ID, at which legal age."""

from __future__ import annotations

import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.lane.rules import LaneRules, load_rules
from edge.till.messages import RestrictedItem, SaleOpened
from tests.edge.driver import drive
from tests.edge.people import Person, settings_with

MEASURED = Bundle(BUNDLED).limits(0.1)


def rules(**policy: object) -> LaneRules:
    return load_rules(settings_with(policy=policy), Bundle(BUNDLED))


def test_the_models_limits_are_for_legal_age_18_alone() -> None:
    assert rules().limits == MEASURED
    assert list(MEASURED) == [18]


def test_a_challenge_age_in_the_settings_is_the_limit_for_the_lanes_own_legal_age() -> None:
    assert rules(challenge_age=40).limits == {18: 40}
    assert rules(challenge_age=40, legal_age=21).limits == MEASURED | {21: 40}


@pytest.mark.parametrize("legal_age", [16, 21, 25])
def test_a_lane_without_a_limit_for_its_legal_age_says_how_to_get_one(legal_age: int) -> None:
    lane = rules(legal_age=legal_age)
    assert lane.challenge_age is None
    assert lane.problem == (
        f"no limit for legal age {legal_age}, so everybody is asked for ID: set policy.challenge_age, or use a model "
        f"with a limit for {legal_age}"
    )
    assert rules(legal_age=legal_age, challenge_age=30).problem == rules().problem == ""


@pytest.mark.parametrize("legal_age", [16, 21, 25])
def test_a_lane_without_a_limit_asks_everybody_at_once(legal_age: int) -> None:
    lane = drive(mode="on-sale", policy={"legal_age": legal_age})
    lane.receive(SaleOpened(sale_id="sale-1"))
    lane.receive(RestrictedItem(sale_id="sale-1"))
    lane.show(Person(age=70), frames=20)
    assert [(alert.decision, alert.reasons, alert.legal_age, alert.threshold) for alert in lane.alerts] == [
        ("CHALLENGE", ("no-limit-for-age",), legal_age, 101)
    ]
    assert lane.alerts[0].text.en == "Ask for ID: everybody is asked."
