"""The reference till in a sale: the cashier's actions, the messages they send, and the till's own prompts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.decision.policy import Decision
from edge.errors import UsageError
from edge.till.messages import SaleClosed
from tests.edge.till.reference.harness import TillHarness


def test_a_new_till_sends_hello_first() -> None:
    till = TillHarness()
    assert till.sent_types == ["lane.hello"]
    till.acknowledge_all()
    assert till.events == ["connected"]


def test_a_sale_sends_each_message_once_and_in_order(till: TillHarness) -> None:
    till.open()
    till.scan("milk")
    till.scan("beer")
    till.acknowledge_all()
    till.receive(till.alert())
    till.check("passed")
    till.close()
    till.acknowledge_all()
    assert till.sent_types == [
        "lane.sale.opened", "lane.sale.restricted_item", "lane.sale.basket", "lane.id.checked", "lane.sale.closed"
    ]  # fmt: skip
    assert till.events == [
        "sale-opened", "scanned", "scanned", "screen", "alert", "shown", "screen", "checked", "screen", "sale-closed",
    ]  # fmt: skip


def test_a_closed_sale_has_the_basket_and_the_cashier(till: TillHarness) -> None:
    till.open()
    for item in ("milk", "пиво", "beer", "6"):
        till.scan(item)
    till.close()
    till.acknowledge_all()
    closed = till.sent[-1].content()
    assert isinstance(closed, SaleClosed)
    assert [(line.sku, line.quantity, line.restricted) for line in closed.basket] == [
        ("milk", 1, False),
        ("beer", 3, True),
    ]
    assert (closed.completed, closed.cashier_id) == (True, "anna")


def test_restricted_items_that_were_not_sold_are_not_in_the_basket(till: TillHarness) -> None:
    till.open()
    till.scan("milk")
    till.scan("beer")
    till.check("not-shown")
    assert till.shows == "do-not-sell"
    till.close(completed=False)
    till.acknowledge_all()
    closed = till.sent[-1].content()
    assert isinstance(closed, SaleClosed)
    assert [line.sku for line in closed.basket] == ["milk"]


def test_without_an_alert_the_till_asks_for_id_after_a_second(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.wait(0.9)
    assert till.shows == "waiting"
    till.wait(0.1)
    assert till.shows == "ask"


def test_a_late_alert_replaces_the_tills_own_prompt(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.wait(1.5)
    till.receive(till.alert(Decision.NO_CHALLENGE))
    assert till.shows == "alert"


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda till: till.scan(), "no sale is open: open one first"),
        (lambda till: till.check(), "no sale is open: open one first"),
        (lambda till: till.close(), "no sale is open: open one first"),
        (
            lambda till: (till.open("s-1"), till.open("s-2")),
            "sale s-1 is open: close or suspend it before the next one",
        ),
        (lambda till: (till.open(), till.scan("whisky")), "no item 'whisky' in the catalogue: it has milk"),
    ],
)
def test_an_impossible_action_is_an_error_with_the_fix(
    action: Callable[[TillHarness], None], message: str, till: TillHarness
) -> None:
    with pytest.raises(UsageError, match=message):
        action(till)
