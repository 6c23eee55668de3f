"""The reference till at work: what the cashier does, what the agent is told of it, and what the till does alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from edge.decision.policy import Decision
from edge.errors import UsageError
from edge.till.messages import SaleClosed

TillHarness = Any


def test_a_till_that_is_switched_on_says_hello_first(new_till: Callable[..., TillHarness]) -> None:
    till = new_till()
    assert till.sent_types == ["lane.hello"]
    till.acknowledge_all()
    assert till.events == ["connected"]


def test_an_ordinary_sale_says_each_thing_once_and_in_order(till: TillHarness) -> None:
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


def test_a_closed_sale_carries_the_basket_and_the_cashier(till: TillHarness) -> None:
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


def test_what_was_not_sold_in_the_end_is_not_in_the_basket(till: TillHarness) -> None:
    till.open()
    till.scan("milk")
    till.scan("beer")
    till.check("not-shown")
    assert till.shows == "do-not-sell"
    till.close(completed=False)
    till.acknowledge_all()
    assert [line.sku for line in till.sent[-1].content().basket] == ["milk"]


def test_without_an_answer_the_till_itself_asks_for_id_after_a_second(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.wait(0.9)
    assert till.shows == "waiting"
    till.wait(0.1)
    assert till.shows == "ask"


def test_an_answer_that_comes_late_replaces_what_the_till_asked_by_itself(till: TillHarness) -> None:
    till.open()
    till.scan()
    till.wait(1.5)
    till.receive(till.alert(Decision.NO_CHALLENGE))
    assert till.shows == "alert"


@pytest.mark.parametrize(
    ("deed", "mend"),
    [
        (lambda till: till.scan(), "no sale is open: open one first"),
        (lambda till: till.check(), "no sale is open: open one first"),
        (lambda till: till.close(), "no sale is open: open one first"),
        (lambda till: (till.open("s-1"), till.open("s-2")), "sale s-1 is open: close it before the next one"),
        (lambda till: (till.open(), till.scan("whisky")), "no item 'whisky' in the catalogue: it has milk"),
    ],
)
def test_what_the_cashier_cannot_do_now_is_refused_with_the_mend(
    deed: Callable[[TillHarness], None], mend: str, till: TillHarness
) -> None:
    with pytest.raises(UsageError, match=mend):
        deed(till)
