"""The reference till at work: what the cashier does, what the agent is told of it, and what the till does alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from edge.decision.policy import Decision
from edge.errors import UsageError
from edge.till.messages import SaleClosed

Counter = Any


def test_a_till_that_is_switched_on_says_hello_first(new_counter: Callable[..., Counter]) -> None:
    counter = new_counter()
    assert counter.said == ["lane.hello"]
    counter.answer()
    assert counter.told == ["connected"]


def test_an_ordinary_sale_says_each_thing_once_and_in_order(counter: Counter) -> None:
    counter.open()
    counter.scan("milk")
    counter.scan("beer")
    counter.answer()
    counter.hear(counter.alert())
    counter.check("passed")
    counter.close()
    counter.answer()
    assert counter.said == [
        "lane.sale.opened", "lane.sale.restricted_item", "lane.sale.basket", "lane.id.checked", "lane.sale.closed"
    ]  # fmt: skip
    assert counter.told == [
        "sale-opened", "scanned", "scanned", "screen", "alert", "shown", "screen", "checked", "screen", "sale-closed",
    ]  # fmt: skip


def test_a_closed_sale_carries_the_basket_and_the_cashier(counter: Counter) -> None:
    counter.open()
    for item in ("milk", "пиво", "beer", "6"):
        counter.scan(item)
    counter.close()
    counter.answer()
    closed = counter.sent[-1].content()
    assert isinstance(closed, SaleClosed)
    assert [(line.sku, line.quantity, line.restricted) for line in closed.basket] == [
        ("milk", 1, False),
        ("beer", 3, True),
    ]
    assert (closed.completed, closed.cashier_id) == (True, "anna")


def test_what_was_not_sold_in_the_end_is_not_in_the_basket(counter: Counter) -> None:
    counter.open()
    counter.scan("milk")
    counter.scan("beer")
    counter.check("not-shown")
    assert counter.shows == "do-not-sell"
    counter.close(completed=False)
    counter.answer()
    assert [line.sku for line in counter.sent[-1].content().basket] == ["milk"]


def test_without_an_answer_the_till_itself_asks_for_id_after_a_second(counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.wait(0.9)
    assert counter.shows == "waiting"
    counter.wait(0.1)
    assert counter.shows == "ask"


def test_an_answer_that_comes_late_replaces_what_the_till_asked_by_itself(counter: Counter) -> None:
    counter.open()
    counter.scan()
    counter.wait(1.5)
    counter.hear(counter.alert(Decision.NO_CHALLENGE))
    assert counter.shows == "alert"


@pytest.mark.parametrize(
    ("deed", "mend"),
    [
        (lambda counter: counter.scan(), "no sale is open: open one first"),
        (lambda counter: counter.check(), "no sale is open: open one first"),
        (lambda counter: counter.close(), "no sale is open: open one first"),
        (lambda counter: (counter.open("s-1"), counter.open("s-2")), "sale s-1 is open: close it before the next one"),
        (lambda counter: (counter.open(), counter.scan("whisky")), "no item 'whisky' in the catalogue: there are milk"),
    ],
)
def test_what_the_cashier_cannot_do_now_is_refused_with_the_mend(
    deed: Callable[[Counter], None], mend: str, counter: Counter
) -> None:
    with pytest.raises(UsageError, match=mend):
        deed(counter)
