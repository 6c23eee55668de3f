"""Attendants and displays: copies of all tills' alerts, taken back when nothing is to be asked any more."""

from __future__ import annotations

import pytest

from edge.lane.listeners import WITHDRAWAL_RESENT_S
from edge.till.messages import Ack, AlertWithdrawn, Error, Hello, IdChecked, ItemRemoved, SaleOpened, SaleSuspended
from tests.edge.lane.shop import CLOSE, OPEN, SCAN, Shop, records


def withdrawn(shop: Shop, name: str) -> list[tuple[str | None, str]]:
    return [(data.till, data.sale_id) for _, data in shop.inbox[name] if isinstance(data, AlertWithdrawn)]


def pass_time(shop: Shop, seconds: float) -> None:
    """Let time pass while the attendant is connected: it sends a message every few seconds."""
    until_s = shop.now_s + seconds
    while shop.now_s < until_s:
        shop.run(min(5.0, until_s - shop.now_s))
        # Its answer comes after everything that was sent before.
        shop.ask(IdChecked(sale_id="unknown", outcome="passed"), till="desk")


def acknowledge_all(shop: Shop) -> None:
    """The attendant acknowledges all it has received."""
    for event_id, _ in shop.inbox["desk"]:
        shop.send(Ack(message_id=event_id), till="desk")
    shop.ask(IdChecked(sale_id="unknown", outcome="passed"), till="desk")
    shop.inbox["desk"].clear()


@pytest.fixture
def desk(shop: Shop) -> Shop:
    """An attendant is connected, and till-1 and till-2 have been told to ask."""
    shop.ask(Hello(till="desk", role="attendant"), till="desk")
    for till in ("till-1", "till-2"):
        for message in (Hello(till=till), OPEN, SCAN):
            assert isinstance(shop.ask(message, till=till), Ack)
    shop.run(1.0)
    shop.until(lambda: shop.alerts("till-1") and shop.alerts("till-2"))
    return shop


def test_an_attendant_sees_the_alerts_of_all_tills(desk: Shop) -> None:
    seen = desk.until(lambda: len(desk.alerts("desk")) == 2 and desk.alerts("desk"))
    assert [(alert.till, alert.sale_id, alert.decision) for alert in seen] == [
        ("till-1", "sale-1", "UNKNOWN"),
        ("till-2", "sale-1", "UNKNOWN"),
    ]


def test_an_alert_is_resent_until_it_is_acknowledged(desk: Shop) -> None:
    pass_time(desk, 3.0)
    assert len(desk.alerts("desk")) > 4
    acknowledge_all(desk)
    pass_time(desk, 12.0)
    assert desk.alerts("desk") == []


def test_an_alert_is_not_resent_after_it_has_expired(desk: Shop) -> None:
    pass_time(desk, 30.0)
    desk.inbox["desk"].clear()
    pass_time(desk, 12.0)
    assert desk.alerts("desk") == []


def test_a_withdrawal_replaces_the_alert_and_is_resent_until_it_is_acknowledged(desk: Shop) -> None:
    desk.ask(CLOSE, till="till-1")
    desk.until(lambda: withdrawn(desk, "desk"))
    desk.inbox["desk"].clear()
    pass_time(desk, 3.0)
    assert set(withdrawn(desk, "desk")) == {("till-1", "sale-1")}
    assert {alert.till for alert in desk.alerts("desk")} == {"till-2"}
    acknowledge_all(desk)
    pass_time(desk, 12.0)
    assert withdrawn(desk, "desk") == []


def test_a_withdrawal_that_nobody_acknowledges_is_resent_for_five_minutes(desk: Shop) -> None:
    desk.ask(CLOSE, till="till-1")
    pass_time(desk, WITHDRAWAL_RESENT_S - 10)
    desk.inbox["desk"].clear()
    pass_time(desk, 9.0)
    assert withdrawn(desk, "desk")
    pass_time(desk, 2.0)
    desk.inbox["desk"].clear()
    pass_time(desk, 12.0)
    assert withdrawn(desk, "desk") == []


def test_an_attendant_that_was_away_learns_what_was_taken_back_meanwhile(desk: Shop) -> None:
    acknowledge_all(desk)
    desk.vanish("desk")
    desk.ask(CLOSE, till="till-1")
    desk.run(2.0)
    desk.ask(Hello(till="desk", role="attendant"), till="desk")
    desk.until(lambda: withdrawn(desk, "desk") and desk.alerts("desk"))
    assert withdrawn(desk, "desk") == [("till-1", "sale-1")]
    assert [alert.till for alert in desk.alerts("desk")] == ["till-2"]


def test_a_display_that_comes_later_sees_what_is_in_effect(desk: Shop) -> None:
    desk.ask(CLOSE, till="till-1")
    desk.ask(Hello(till="screen", role="display"), till="screen")
    shown = desk.until(lambda: desk.alerts("screen"))
    assert [(alert.till, alert.sale_id) for alert in shown] == [("till-2", "sale-1")]
    reply = desk.ask(IdChecked(sale_id="sale-1", outcome="passed", till="till-2"), till="screen")
    assert isinstance(reply, Error)
    assert reply.code == "not-allowed"


@pytest.mark.parametrize(
    "message",
    [
        CLOSE,
        ItemRemoved(sale_id="sale-1"),
        SaleSuspended(sale_id="sale-1"),
        SaleOpened(sale_id="sale-2"),
        IdChecked(sale_id="sale-1", outcome="passed"),
    ],
    ids=lambda message: message.type,
)
def test_a_prompt_is_taken_back_when_nothing_is_to_be_asked_any_more(message: SaleSuspended, desk: Shop) -> None:
    assert withdrawn(desk, "desk") == []
    desk.ask(message, till="till-2")
    desk.until(lambda: withdrawn(desk, "desk"))
    assert withdrawn(desk, "desk") == [("till-2", "sale-1")]


def test_a_failed_check_leaves_the_prompt(desk: Shop) -> None:
    desk.ask(IdChecked(sale_id="sale-1", outcome="failed"), till="till-2")
    desk.run(1.0)
    assert withdrawn(desk, "desk") == []


def test_the_attendants_check_is_recorded_with_the_sale_of_the_till(desk: Shop) -> None:
    check = IdChecked(sale_id="sale-1", outcome="passed", cashier_id="vera", till="till-2", means="document")
    assert isinstance(desk.ask(check, till="desk"), Ack)
    for till in ("till-1", "till-2"):
        desk.ask(CLOSE, till=till)
    assert [(record.till, [(check.till, check.cashier_id) for check in record.checks]) for record in records(desk)] == [
        ("till-1", []),
        ("till-2", [("desk", "vera")]),
    ]
