"""The limits of a lane: who is asked for ID, at which legal age."""

from __future__ import annotations

import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.decision.policy import Limit
from edge.errors import UsageError
from edge.lane.rules import LaneRules, in_words, load_rules
from edge.till.messages import RestrictedItem, SaleOpened
from tests.edge.driver import drive
from tests.edge.people import LIMIT, Person, settings_with

MEASURED = Bundle(BUNDLED).thresholds(0.05)


def rules(**policy: object) -> LaneRules:
    return load_rules(settings_with(policy=policy), Bundle(BUNDLED))


def rejection(**policy: object) -> str:
    with pytest.raises(UsageError) as rejected:
        rules(**policy)
    return str(rejected.value)


def test_the_limits_are_those_of_the_model_for_the_risk() -> None:
    assert list(rules(risk=0.1).limits) == [16, 18, 21]
    assert rules().limit_for(18) == Limit(18, MEASURED[18].max_p_under_legal, MEASURED[18].challenge_age)
    assert rules(risk=0.02).limits[18].max_p_under_legal < rules(risk=0.1).limits[18].max_p_under_legal
    assert rules().limit_for(20) is None


def test_a_legal_age_that_was_only_measured_for_larger_risks_has_no_limit() -> None:
    assert list(rules().limits) == [18, 21]


def test_a_risk_below_the_smallest_measured_one_is_rejected_with_the_fix() -> None:
    assert rejection(risk=0.01) == (
        "policy.risk = 0.01: the smallest risk for which the model research has a limit is 0.02, for goods sold from "
        "18; set policy.risk to 0.02 or more, or use another model"
    )
    assert rules(risk=0.01, max_p_under_legal=0.01, challenge_age=35).limits[18].max_p_under_legal == 0.01


def test_a_challenge_age_in_the_settings_makes_the_lanes_own_limit_stricter() -> None:
    limit = rules(challenge_age=50).limits[18]
    assert limit == Limit(18, MEASURED[18].max_p_under_legal, challenge_age=50, min_mean_age=50)
    assert rules(challenge_age=50).limits[21] == rules().limits[21]
    assert rules(challenge_age=18).limits[18].challenge_age == MEASURED[18].challenge_age


def test_a_probability_in_the_settings_makes_the_lanes_own_limit_stricter() -> None:
    assert rules(max_p_under_legal=0.001).limits[18].max_p_under_legal == 0.001


def test_a_probability_that_lets_more_pass_than_the_risk_allows_is_rejected() -> None:
    limit = MEASURED[18].max_p_under_legal
    assert rejection(max_p_under_legal=0.9) == (
        "policy.max_p_under_legal = 0.9 would let more people pass than policy.risk = 0.05, for which the model "
        f"research has {limit:g}: set it to {limit:g} or less, or remove it, or raise policy.risk"
    )


@pytest.mark.parametrize("policy", [{}, {"challenge_age": 30}, {"max_p_under_legal": 0.1}])
def test_a_legal_age_that_the_model_has_no_limit_for_is_rejected_with_the_fix(policy: dict[str, object]) -> None:
    assert rejection(legal_age=20, **policy) == (
        "policy.legal_age = 20: the model research has limits for 18, 21; set policy.legal_age to an age that it "
        "has a limit for, or use another model, or set both policy.max_p_under_legal and policy.challenge_age to "
        "limits that you measured"
    )


def test_a_legal_age_that_the_model_has_no_limit_for_takes_both_limits_from_the_settings() -> None:
    limits = rules(legal_age=20, max_p_under_legal=0.1, challenge_age=30).limits
    assert limits[20] == Limit(20, 0.1, challenge_age=30, min_mean_age=30)


def test_goods_of_a_legal_age_without_a_limit_are_asked_of_everybody_at_once() -> None:
    lane = drive(mode="on-sale")
    lane.receive(SaleOpened(sale_id="sale-1"))
    lane.receive(RestrictedItem(sale_id="sale-1", minimum_age=25))
    lane.show(Person(age=70), frames=20)
    assert [(alert.decision, alert.reasons, alert.legal_age, alert.threshold) for alert in lane.alerts] == [
        ("CHALLENGE", ("no-limit-for-age",), 25, 101)
    ]
    assert lane.alerts[0].max_p_under_legal is None
    assert lane.alerts[0].text.en == "Ask for ID (25 and over): everybody is asked."


def test_an_alert_names_the_limit_that_decided() -> None:
    lane = drive(mode="on-sale")
    lane.receive(SaleOpened(sale_id="sale-1"))
    lane.show(Person(age=23), frames=10)
    lane.receive(RestrictedItem(sale_id="sale-1"))
    [alert] = lane.alerts
    assert (alert.threshold, alert.max_p_under_legal) == (LIMIT.challenge_age, LIMIT.max_p_under_legal)
    assert alert.p_under_legal is not None
    assert (alert.decision, alert.p_under_legal > LIMIT.max_p_under_legal) == ("CHALLENGE", True)


def test_limits_are_named_in_the_log() -> None:
    assert in_words([LIMIT]) == "from 18: above 3 % of being younger, which is about below 25"
