"""Goods by category and sku, and those that a till has marked as restricted."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from edge.offers.restricted import RestrictedGoods, known_restricted
from edge.purchases.goods import Goods, basket_contents, restricted_names
from edge.records.database import Database
from tests.edge.offers.conftest import line_of


def test_a_restricted_article_makes_its_whole_category_restricted() -> None:
    basket = [line_of("soft drinks", sku="energy", restricted=True), line_of("dairy"), line_of(None, sku="ale",
                                                                                      restricted=True)]  # fmt: skip
    assert restricted_names(basket, {"ale": "brewed"}) == {"energy", "soft drinks", "ale", "brewed"}


def test_returned_goods_are_not_in_the_basket() -> None:
    assert basket_contents([line_of("dairy", quantity=-1), line_of(None, sku="m")], {"m": "milk"}) == (
        frozenset({"milk"}),
        frozenset({"m"}),
    )


def test_goods_with_a_sku_are_found_by_it() -> None:
    goods = Goods(category="dairy", sku="milk")
    assert goods.is_in({"other"}, {"milk"})
    assert not goods.is_in({"dairy"}, {"butter"})
    assert (goods.name, goods.names) == ("milk", frozenset({"milk", "dairy"}))
    with pytest.raises(ValueError, match="goods need a category or a sku"):
        Goods()


def test_restricted_names_survive_a_restart(tmp_path: Path) -> None:
    assert known_restricted(tmp_path) == frozenset()
    with closing(Database(tmp_path)) as database:
        assert known_restricted(tmp_path) == frozenset()
        RestrictedGoods(database).add(["beer", "пиво", "beer"])
    assert known_restricted(tmp_path) == {"beer", "пиво"}
