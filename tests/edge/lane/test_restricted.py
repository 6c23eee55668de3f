"""What a basket says about restricted goods, when some of its lines are odd."""

from __future__ import annotations

from typing import Any

import pytest

from edge.lane.restricted import has_restricted, says_what_is_sold
from edge.till.messages import BasketLine


def lines(*fields: dict[str, Any]) -> tuple[BasketLine, ...]:
    return tuple(BasketLine(**{"sku": None} | line) for line in fields)


@pytest.mark.parametrize(
    ("basket", "skus", "restricted"),
    [
        (lines({"sku": "beer", "restricted": True}), [], True),
        (lines({"sku": "beer", "restricted": True}, {"sku": "beer", "restricted": True, "quantity": -1}), [], False),
        (lines({"sku": "beer"}), ["beer"], True),
        (lines({"sku": "milk"}), ["beer"], False),
        (lines({"restricted": True}), [], True),
        (lines({"restricted": True}, {"restricted": True, "quantity": -1}), [], True),
        (lines({}), ["beer"], False),
    ],
)
def test_a_basket_has_restricted_goods_after_returns(
    basket: tuple[BasketLine, ...], skus: list[str], restricted: bool
) -> None:
    assert has_restricted(basket, skus) == restricted


@pytest.mark.parametrize(
    ("basket", "says"),
    [
        (lines({"sku": "milk"}), True),
        (lines({"restricted": False}), True),
        (lines({"sku": "milk"}, {"category": "beer"}), False),
        ((), False),
    ],
)
def test_a_line_without_sku_and_mark_may_be_anything(basket: tuple[BasketLine, ...], says: bool) -> None:
    assert says_what_is_sold(basket) == says
