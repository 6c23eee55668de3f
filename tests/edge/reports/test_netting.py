"""A line and its void change nothing, in no report and in no engine, whatever else is in the basket."""

from __future__ import annotations

from dataclasses import astuple
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.purchases.goods import basket_contents, categories_of
from edge.purchases.parquet import write_day
from edge.purchases.purchases import Purchase, PurchaseLine
from edge.purchases.restricted_words import RestrictedWords
from edge.reports.baskets.reading import read_sums
from edge.reports.engine import engine
from edge.reports.netting import netted
from edge.reports.offers.sales import read_sales
from edge.reports.period import Period
from edge.settings.sections import InsightsSettings
from edge.till.messages import BasketLine
from tests.edge.purchases.conftest import EDGES, NOON, purchase_of

WEEK = Period(NOON - timedelta(days=7), NOON + timedelta(days=7))
SETTINGS = InsightsSettings(max_price=1000)
CATALOGUE = {"beer": "beer", "milk": "dairy", "cheese": "dairy", "crisps": "snacks"}

lines = st.builds(
    BasketLine,
    sku=st.sampled_from([*CATALOGUE, "bag", "coupon"]),
    quantity=st.sampled_from([1, 2, 0.1, 0.735, -1, -0.1, 0, 1e9, -4.6e12]),
    price=st.sampled_from([None, 99.9, 0.1, 0, -30, 5000, -5000]),
)
baskets = st.lists(lines, max_size=6)
"""Also lines that are mistakes, signed ones, and those without a price or a category."""


@st.composite
def with_a_void(draw: st.DrawFn) -> tuple[list[BasketLine], list[BasketLine]]:
    """A basket, and the same with a line and its void anywhere in it."""
    basket, line = draw(baskets), draw(lines)
    whole = list(basket)
    for each in (line, line.model_copy(update={"quantity": -line.quantity})):
        whole.insert(draw(st.integers(0, len(whole))), each)
    return basket, whole


@settings(max_examples=12, deadline=None)
@given(st.lists(with_a_void(), min_size=1, max_size=20))
def test_a_line_and_its_void_change_nothing(pairs: list[tuple[list[BasketLine], list[BasketLine]]]) -> None:
    before, after = ([pair[place] for pair in pairs] for place in (0, 1))
    assert [basket_contents(basket, CATALOGUE) for basket in after] == [
        basket_contents(basket, CATALOGUE) for basket in before
    ]
    same(figures(before), figures(after))


@settings(max_examples=15, deadline=None)
@given(baskets)
def test_a_basket_in_a_lane_and_on_file_contain_the_same(basket: list[BasketLine]) -> None:
    """Within the limits of the reports: a lane has none."""
    basket = [line for line in basket if abs(line.quantity) <= 100 and abs(line.price or 0) <= 1000]
    categories, skus = basket_contents(basket, CATALOGUE)
    bought = [article for article in articles_of(basket) if article["quantity"] > 0]
    assert {article["sku"] for article in bought} == skus
    assert {article["category"] for article in bought} - {None} == categories


def test_quantities_and_amounts_are_netted_for_each_article() -> None:
    basket = [
        BasketLine(sku="beer", quantity=3, price=100),
        BasketLine(sku="beer", quantity=-1, price=100),
        BasketLine(sku="beer", quantity=1, price=-30),
        BasketLine(sku="milk", quantity=0.1),
        BasketLine(sku="milk", quantity=0.2),
        BasketLine(sku="milk", quantity=-0.3),
        BasketLine(sku="crisps", quantity=-2, price=50),
    ]
    assert sorted(articles_of(basket), key=lambda article: article["sku"]) == [
        {"category": "beer", "sku": "beer", "quantity": 2, "amount": 170},
        {"category": "snacks", "sku": "crisps", "quantity": -2, "amount": -100},
        {"category": "dairy", "sku": "milk", "quantity": 0, "amount": 0},
    ]


def articles_of(basket: list[BasketLine]) -> list[dict[str, Any]]:
    with TemporaryDirectory() as folder, engine("duckdb") as backend:
        write_day(Path(folder) / "day.parquet", [filed(basket).model_dump_json()])
        table = backend.read_parquet(Path(folder) / "day.parquet")
        [row] = table.select(articles=netted(table.lines, SETTINGS.max_price)).to_pyarrow().to_pylist()
        return list(row["articles"])


def figures(drawn: list[list[BasketLine]]) -> list[Any]:
    """All that the reports compute from baskets."""
    with TemporaryDirectory() as folder, engine("duckdb") as backend:
        rows = [filed(basket).model_dump_json() for basket in drawn]
        write_day(Path(folder) / f"{NOON:%Y-%m-%d}" / "lane-1.parquet", rows)
        sums, _ = read_sums(backend, [Path(folder)], WEEK, WEEK.until, SETTINGS)
        found: list[Any] = [*astuple(sums)]
        for by in ("category", "sku"):
            sales, _ = read_sales(
                [Path(folder)], WEEK, WEEK.until, EDGES, by=by, min_sales=1, excluded=(), words=RestrictedWords(),
                max_price=SETTINGS.max_price,
            )  # fmt: skip
            found += [sales.goods, np.sort(sales.holds, axis=0), sales.total]
        return found


def filed(basket: list[BasketLine]) -> Purchase:
    articles = zip(basket, categories_of(basket, CATALOGUE), strict=True)
    return purchase_of().model_copy(
        update={
            "lines": tuple(
                PurchaseLine(category=category, sku=line.sku or "", quantity=line.quantity, price=line.price)
                for line, category in articles
            )
        }
    )


def same(one: Any, other: Any) -> None:
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        one, other = list(one.values()), list(other.values())
    if isinstance(one, list | tuple):
        assert len(one) == len(other)
        for left, right in zip(one, other, strict=True):
            same(left, right)
    elif isinstance(one, np.ndarray) or (isinstance(one, float) and not isinstance(one, bool)):
        assert one == pytest.approx(other, abs=1e-6)
    else:
        assert one == other
