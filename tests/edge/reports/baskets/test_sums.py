"""Sums over filed purchases: equal to those of a loop, with counts of what is not valid."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import ibis
import numpy as np
import pytest

from edge.purchases.parquet import write_day
from edge.purchases.purchases import Purchase
from edge.reports.baskets.aggregation import aggregate
from edge.reports.baskets.sums import Faults, Sums, add, no_sums
from edge.reports.period import Period
from tests.edge.purchases.conftest import NOON, line_of, purchase_of

FAR = timedelta(days=365)


class Aggregate(Protocol):
    """Writes purchases to a Parquet file and aggregates it with DuckDB."""

    def __call__(self, *purchases: Purchase, since: datetime = NOON - FAR) -> Sums: ...


@pytest.fixture
def summed(tmp_path: Path, noon: datetime, edges: tuple[int, ...]) -> Aggregate:
    def run(*purchases: Purchase, since: datetime = NOON - FAR) -> Sums:
        write_day(tmp_path / "day.parquet", [purchase.model_dump_json() for purchase in purchases])
        engine = ibis.duckdb.connect()
        try:
            table, period = engine.read_parquet(tmp_path / "day.parquet"), Period(since, noon + FAR)
            return aggregate(table, edges, period, noon + timedelta(hours=1), 1000)
        finally:
            engine.disconnect()

    return run


def test_the_sums_equal_those_of_a_loop(summed: Aggregate) -> None:
    chance = np.random.default_rng(0)
    drawn = chance.dirichlet(np.ones(6), 40).round(4)
    probs = drawn / drawn.sum(axis=1, keepdims=True)
    beer, spent = chance.random(40) < 0.4, chance.uniform(1, 100, 40).round(2)
    rows = [
        purchase_of(
            line_of(price=cost), *([line_of("beer", 2, 0.5), line_of("beer", 1, 0.5)] if thirsty else []), probs=p
        )
        for p, thirsty, cost in zip(drawn, beer, spent, strict=True)
    ]
    sums = summed(*rows)
    paid = spent + 1.5 * beer
    assert sums.evidence.fourth == pytest.approx(np.einsum("si,sj,sk,sl->ijkl", probs, probs, probs, probs))
    assert {name: count for name, (count, _) in sums.categories.items()} == {"beer": beer.sum(), "dairy": 40}
    assert sums.categories["beer"][1] == pytest.approx(probs[beer].sum(axis=0)), "once a basket, not once a line"
    assert sums.spent.first == pytest.approx(paid @ probs)
    assert sums.spent.squares == pytest.approx(np.einsum("s,si,sj->ij", paid**2, probs, probs))
    assert sums.spent.by_three == pytest.approx(np.einsum("s,si,sj,sk->ijk", paid, probs, probs, probs))
    assert (sums.stores, sums.lanes, sums.faults) == (("store-1",), ("lane-1",), Faults())


def test_customers_of_unknown_age_are_counted_separately(summed: Aggregate) -> None:
    sums = summed(
        purchase_of(), purchase_of(line_of(price=3), probs=None), purchase_of(line_of(price=None), probs=None)
    )
    assert sums.evidence.baskets == 1
    assert (sums.unknown.baskets, sums.unknown.priced) == (2, 1)
    assert (sums.unknown.spent, sums.unknown.spent_squared) == (3, 9)


@pytest.mark.parametrize("probs", [(0,) * 6, (1,) * 6, (1,), (-1, 2, 0, 0, 0, 0), (float("nan"), 1, 0, 0, 0, 0)])
def test_invalid_probabilities_count_as_unknown_age(summed: Aggregate, probs: tuple[float, ...]) -> None:
    sums = summed(purchase_of(), purchase_of(probs=probs))
    assert (sums.evidence.baskets, sums.unknown.baskets) == (1, 1)


def test_invalid_lines_are_dropped_and_counted_and_the_rest_of_the_basket_counts(summed: Aggregate) -> None:
    sums = summed(
        purchase_of(line_of(price=7), line_of("beer", 0), line_of("beer", 20_000), line_of("beer", -20_000, 3)),
        purchase_of(line_of(price=5), line_of("wine", price=-1001), line_of("wine", price=1001)),
    )
    assert (sums.faults.lines_of_odd_quantity, sums.faults.lines_of_odd_price) == (2, 2)
    assert list(sums.categories) == ["dairy"]
    assert sums.spent.first.sum() == 12


def test_a_void_takes_its_line_back(summed: Aggregate) -> None:
    sums = summed(purchase_of(line_of(), line_of("beer", 2, 99.9), line_of("beer", -2, 99.9)))
    assert list(sums.categories) == ["dairy"]
    assert (sums.spent.first.sum(), sums.faults) == (10, Faults())


def test_some_of_the_goods_may_be_voided_and_without_a_price(summed: Aggregate) -> None:
    sums = summed(
        purchase_of(line_of("beer", 3, 100), line_of("beer", -1, 100)),
        purchase_of(line_of(), line_of("wine", 1, 500, "w"), line_of("wine", -1, None, "w")),
        purchase_of(line_of(), line_of("wine", 1, None, "w"), line_of("wine", -1, None, "w")),
    )
    assert {name: count for name, (count, _) in sums.categories.items()} == {"beer": 1, "dairy": 2}
    assert (sums.spent.first.sum(), sums.faults) == (220, Faults())


def test_discounts_coupons_and_deposits_count_in_what_was_spent(summed: Aggregate) -> None:
    sums = summed(
        purchase_of(
            line_of("beer", 2, 100, "beer"),
            line_of("beer", 1, -30, "beer"),
            line_of(None, 1, -50, "coupon"),
            line_of("discounts", 1, -5, "loyalty"),
            line_of(None, 2, 10, ""),
        )
    )
    assert list(sums.categories) == ["beer"]
    assert sums.spent.first.sum() == 200 - 30 - 50 - 5 + 20


def test_goods_of_which_more_came_back_than_went_are_returns(summed: Aggregate) -> None:
    exchange = purchase_of(line_of(price=120), line_of("beer", 1, 100), line_of("beer", -2, 100))
    sums = summed(exchange, purchase_of(line_of("beer", -3, 100)))
    assert list(sums.categories) == ["dairy"]
    assert sums.spent.first.sum() == 20, "the sale in which nothing was bought is none"
    assert sums.faults == Faults(lines_returned=2, sales_without_basket=1)


def test_a_line_without_a_category_counts_only_in_the_amount_spent(summed: Aggregate) -> None:
    sums = summed(purchase_of(line_of(), line_of(None, price=5, sku="?")))
    assert sums.faults.lines_without_category == 1
    assert list(sums.categories) == ["dairy"]
    assert sums.spent.first.sum() == 15


def test_a_basket_with_a_missing_price_counts_in_all_but_the_amount_spent(summed: Aggregate) -> None:
    sums = summed(purchase_of(line_of(), line_of("beer", price=None)), purchase_of())
    assert sums.faults.baskets_without_price == 1
    assert (sums.evidence.baskets, sums.spent.evidence.baskets) == (2, 1)
    assert sums.categories["beer"][0] == 1


def test_a_sale_without_a_valid_line_is_dropped_and_counted(summed: Aggregate) -> None:
    empty = purchase_of().model_copy(update={"lines": ()})
    sums = summed(purchase_of(), empty, purchase_of(line_of(quantity=-1)))
    assert sums.faults.sales_without_basket == 2
    assert sums.evidence.baskets == 1


def test_sales_in_the_future_are_dropped_and_counted(summed: Aggregate, noon: datetime) -> None:
    sums = summed(
        purchase_of(), purchase_of(time=noon + timedelta(hours=2)), purchase_of(time=noon + timedelta(days=4000))
    )
    assert sums.faults.sales_in_future == 2
    assert sums.evidence.baskets == 1


def test_sales_outside_the_period_are_ignored(summed: Aggregate, noon: datetime) -> None:
    sums = summed(purchase_of(), purchase_of(time=noon - timedelta(days=2)), since=noon - timedelta(days=1))
    assert (sums.evidence.baskets, sums.faults) == (1, Faults())


def test_sales_with_other_bands_are_dropped_and_counted(summed: Aggregate) -> None:
    sums = summed(purchase_of(), purchase_of(probs=(0.5, 0.5), edges=(30,)))
    assert sums.faults.sales_in_other_bands == 1
    assert sums.evidence.baskets == 1


def test_no_purchases_give_zero_sums(summed: Aggregate, noon: datetime) -> None:
    sums = summed(purchase_of(time=noon - 2 * FAR))
    assert (sums.evidence.baskets, sums.categories, sums.unknown.baskets) == (0, {}, 0)


def test_sums_of_parts_add_up_to_the_whole(summed: Aggregate) -> None:
    first = [
        purchase_of(line_of(), line_of("beer", 2, 0.5)),
        purchase_of(line_of(None), probs=None),
        purchase_of(line_of(quantity=-1)),
    ]
    other = [
        purchase_of(line_of("wine"), probs=(0.5, 0.5, 0, 0, 0, 0), store="sea", lane="wine"),
        purchase_of(line_of("beer")),
    ]
    whole, parts = summed(*first, *other), add(add(no_sums(6), summed(*first)), summed(*other))
    assert parts.evidence.fourth == pytest.approx(whole.evidence.fourth)
    assert parts.spent.by_three == pytest.approx(whole.spent.by_three)
    assert parts.spent.evidence.fourth == pytest.approx(whole.spent.evidence.fourth)
    assert parts.spent.first == pytest.approx(whole.spent.first)
    assert parts.spent.squares == pytest.approx(whole.spent.squares)
    assert (parts.unknown, parts.faults) == (whole.unknown, whole.faults)
    assert (parts.stores, parts.lanes) == (("sea", "store-1"), ("lane-1", "wine"))
    assert {name: (count, list(hits)) for name, (count, hits) in parts.categories.items()} == {
        name: (count, list(hits)) for name, (count, hits) in whole.categories.items()
    }
