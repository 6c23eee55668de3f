"""Goods from several ages in one sale: the strictest that is left decides, and the answer says for which age."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.decision.policy import Limit, Reason
from edge.lane.lane import Lane
from edge.lane.rules import LaneRules
from edge.till.identity import ReplayIdentity
from edge.till.messages import Alert, ItemRemoved, RestrictedItem, SaleOpened
from tests.edge.driver import LaneDriver, drive
from tests.edge.people import LIMIT, Person, settings_with

LIMITS = {16: Limit(16, 0.03, 22), 18: LIMIT, 21: Limit(21, 0.03, 30)}


def selling(age: float, limits: dict[int, Limit] = LIMITS) -> LaneDriver:
    """A sale is open, and a customer of this age stands in the zone."""
    lane = LaneDriver(Lane(LaneRules(settings_with(mode="on-sale"), limits, "0123456789ab"), ReplayIdentity()))
    lane.receive(SaleOpened(sale_id="sale-1"))
    lane.show(Person(age=age), frames=20)
    return lane


def scan(lane: LaneDriver, sku: str, minimum_age: int | None = None) -> None:
    lane.receive(RestrictedItem(sale_id="sale-1", sku=sku, minimum_age=minimum_age))


def answers(alerts: list[Alert]) -> list[tuple[str, int | None, int]]:
    return [(alert.decision.value, alert.legal_age, alert.threshold) for alert in alerts]


def test_the_strictest_item_decides() -> None:
    lane = selling(27)
    scan(lane, "energy", 16)
    scan(lane, "beer")
    scan(lane, "vodka", 21)
    assert answers(lane.alerts) == [("NO_CHALLENGE", 16, 22), ("NO_CHALLENGE", 18, 25), ("CHALLENGE", 21, 30)]


def test_a_less_strict_item_is_no_new_question() -> None:
    lane = selling(40)
    scan(lane, "vodka", 21)
    scan(lane, "beer")
    lane.show(Person(age=40), frames=10)
    assert answers(lane.alerts) == [("NO_CHALLENGE", 21, 30)]


def test_without_the_strictest_item_the_next_one_decides() -> None:
    lane = selling(27)
    scan(lane, "beer")
    scan(lane, "vodka", 21)
    lane.receive(ItemRemoved(sale_id="sale-1", sku="vodka"))
    assert answers(lane.alerts) == [("NO_CHALLENGE", 18, 25), ("CHALLENGE", 21, 30), ("NO_CHALLENGE", 18, 25)]


def test_an_age_without_a_limit_is_asked_of_everybody() -> None:
    lane = selling(60, {18: LIMIT})
    scan(lane, "vodka", 21)
    [alert] = lane.alerts
    assert (alert.decision, alert.reasons, alert.threshold) == ("CHALLENGE", (Reason.NO_LIMIT_FOR_AGE,), 101)
    assert "21" in alert.text.ru
    assert "21" in alert.text.en


def test_the_prompt_names_an_age_that_is_not_the_lanes_own() -> None:
    lane = selling(27)
    scan(lane, "vodka", 21)
    assert lane.alerts[0].text.ru.startswith("Проверьте документы (21+)")
    lane = drive(mode="on-sale")
    lane.receive(SaleOpened(sale_id="sale-1"))
    lane.show(Person(age=20), frames=10)
    scan(lane, "beer", 18)
    assert "(18+)" not in lane.alerts[0].text.ru


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from([16, 18, 21])), max_size=12), st.sampled_from([15, 23, 27, 60])
)
def test_the_last_answer_is_for_the_strictest_item_that_is_left(steps: list[tuple[bool, int]], age: int) -> None:
    lane, left = selling(age), list[int]()
    for added, minimum_age in steps:
        if added:
            left.append(minimum_age)
            scan(lane, f"from-{minimum_age}", minimum_age)
        elif minimum_age in left:
            left.remove(minimum_age)
            lane.receive(ItemRemoved(sale_id="sale-1", sku=f"from-{minimum_age}"))
        lane.show(Person(age=age), frames=2)
        assert sorted(item.minimum_age or 0 for item in lane.open_record.restricted) == sorted(left)
        if left:
            assert lane.alerts[-1].legal_age == max(left)
            if age < LIMITS[max(left)].challenge_age:
                assert lane.alerts[-1].decision == "CHALLENGE"
