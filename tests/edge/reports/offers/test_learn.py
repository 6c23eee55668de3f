"""Rules learnt from simulated shops: true rules are found, noise gives hardly any, forbidden goods give none."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from edge.purchases.goods import Goods
from edge.purchases.parquet import write_day
from edge.purchases.purchases import Purchase, PurchaseLine
from edge.purchases.restricted_words import RestrictedWords
from edge.reports.offers.learn import Bar, learn
from edge.reports.offers.sales import By, Sales, read_sales
from edge.reports.period import Period
from edge.till.messages import Text
from tests.edge.purchases.conftest import EDGES, NOON
from tests.edge.reports.conftest import SimulatedShop

GOODS = 20
BASE = np.geomspace(0.03, 0.3, GOODS)
REASON, OFFER, BAND = 15, 6, 2
"""The goods that 25-34-year-olds buy together in the simulation."""


def simulated(seed: int, times_as_often: float = 1.0, customers: int = 8000) -> Sales:
    """A shop where goods are bought independently, except one pair in one band."""
    shop = SimulatedShop(np.random.default_rng(seed))
    people = shop.customers(customers)
    holds = shop.chance.random((customers, GOODS)) < BASE
    linked = (people.bands == BAND) & holds[:, REASON]
    holds[linked, OFFER] = shop.chance.random(linked.sum()) < times_as_often * BASE[OFFER]
    return Sales(people.probs, tuple(Goods(category=f"goods-{number}") for number in range(GOODS)), holds)


def pairs(sales: Sales, bar: Bar | None = None) -> set[tuple[str, str, str]]:
    rules = learn(sales, EDGES, 18, bar or Bar(), 100).rules
    return {(rule.band, " + ".join(goods.name for goods in rule.when), rule.offer.name) for rule in rules}


def test_noise_gives_hardly_any_rule() -> None:
    assert sum(bool(pairs(simulated(seed))) for seed in range(12)) <= 1, "one shop in twenty may have a rule"


def test_a_true_rule_is_found_in_its_band_with_few_false_ones() -> None:
    for seed in range(5):
        found = pairs(simulated(seed, times_as_often=6))
        assert ("25-34", f"goods-{REASON}", f"goods-{OFFER}") in found
        involved = {name for _, reasons, offer in found for name in (*reasons.split(" + "), offer)}
        about_it = {name for band, reasons, offer in found if band == "25-34" for name in (reasons, offer)}
        assert {f"goods-{REASON}", f"goods-{OFFER}"} <= about_it
        chance = [
            (band, reasons, offer)
            for band, reasons, offer in found
            if not {f"goods-{REASON}", f"goods-{OFFER}"} <= {*reasons.split(" + "), offer}
        ]
        assert len(chance) <= 0.05 * len(found) + 1, involved


def test_the_figures_of_a_rule_are_those_of_the_sales() -> None:
    sales = simulated(1, times_as_often=6)
    rules = learn(sales, EDGES, 18, Bar(), 100).rules
    rule = next(
        rule for rule in rules if (rule.band, rule.offer.name, len(rule.when)) == ("25-34", f"goods-{OFFER}", 1)
    )
    parts = sales.probs[:, BAND]
    both = parts[sales.holds[:, REASON] & sales.holds[:, OFFER]].sum()
    confidence = both / parts[sales.holds[:, REASON]].sum()
    assert rule.learnt
    assert rule.learnt.sales == pytest.approx(both, abs=1e-5)
    assert rule.learnt.support == pytest.approx(both / parts.sum(), abs=1e-5)
    assert rule.learnt.confidence == pytest.approx(confidence, abs=1e-5)
    assert rule.learnt.lift == pytest.approx(confidence / (parts[sales.holds[:, OFFER]].sum() / parts.sum()), abs=1e-4)
    assert rule.learnt.rate <= 0.05


def test_bands_below_the_legal_age_get_no_rules() -> None:
    sales = simulated(1, times_as_often=6)
    everybody = Sales(
        np.roll(sales.probs, -2, axis=1), sales.goods, sales.holds
    )  # those who buy the pair are minors now
    assert not {band for band, _, _ in pairs(everybody)} & {"0-17"}
    assert {rule.band for rule in learn(sales, EDGES, 30, Bar(), 100).rules} <= {"35-44", "45-59", "60+"}


def test_every_rule_reaches_the_minimum_values_and_there_are_at_most_max_rules() -> None:
    sales = simulated(1, times_as_often=6)
    assert len(learn(sales, EDGES, 18, Bar(), 2).rules) == 2
    for rule in learn(sales, EDGES, 18, Bar(confidence=0.2, lift=1.8, support=0.004), 100).rules:
        assert rule.learnt
        assert rule.learnt.confidence >= 0.2
        assert rule.learnt.lift >= 1.8
    assert pairs(sales, Bar(sales=10_000)) == set()


def test_no_sales_give_no_rules() -> None:
    assert pairs(Sales(np.zeros((0, 6)), (), np.zeros((0, 0), bool))) == set()
    assert pairs(Sales(np.eye(6), (), np.zeros((6, 0), bool))) == set()


def test_goods_get_the_names_of_the_shop_in_both_languages() -> None:
    names = {f"goods-{OFFER}": Text(ru="сыр", en="cheese")}
    rules = learn(simulated(1, times_as_often=6), EDGES, 18, Bar(), 100, names).rules
    texts = {rule.offer.name: rule.text for rule in rules}
    assert texts[f"goods-{OFFER}"] == Text(ru="Предложите: сыр.", en="Offer: cheese.")
    assert texts[f"goods-{REASON}"].ru == f"Предложите: goods-{REASON}."


WEEK = Period(NOON - timedelta(days=7), NOON + timedelta(days=7))


def bought(
    *lines: PurchaseLine, probs: tuple[float, ...] | None = (0.0, 0.0, 1.0, 0.0, 0.0, 0.0), time: datetime = NOON,
    band_edges: tuple[int, ...] = EDGES,
) -> Purchase:  # fmt: skip
    return Purchase(time=time, store="s", lane="l", band="25-34", band_edges=band_edges, band_probs=probs, lines=lines)


def line(category: str | None, sku: str = "", quantity: float = 1.0) -> PurchaseLine:
    return PurchaseLine(category=category, sku=sku or f"sku-{category}", quantity=quantity, price=1.0)


class ReadSales(Protocol):
    """Writes purchases to a file and reads them as sales."""

    def __call__(
        self, *purchases: Purchase, by: By = "category", min_sales: int = 1, excluded: Collection[str] = ()
    ) -> Sales: ...


@pytest.fixture
def read(tmp_path: Path) -> ReadSales:
    def write_and_read(
        *purchases: Purchase, by: By = "category", min_sales: int = 1, excluded: Collection[str] = ()
    ) -> Sales:
        write_day(tmp_path / "2026-11-01" / "l-1.parquet", [purchase.model_dump_json() for purchase in purchases])
        now = datetime(2026, 12, 1, tzinfo=timezone.utc)
        return read_sales(
            [tmp_path],
            WEEK,
            now,
            EDGES,
            by=by,
            min_sales=min_sales,
            excluded=excluded,
            words=RestrictedWords(),
            max_price=1000,
        )[0]

    return write_and_read


def test_sales_are_read_as_a_table_of_goods(read: ReadSales) -> None:
    sales = read(bought(line("a"), line("b")), bought(line("a"), line("a")), bought(line("b", quantity=-1)))
    assert [goods.name for goods in sales.goods] == ["a", "b"]
    assert sales.holds.tolist() == [[True, True], [True, False], [False, False]]
    assert sales.probs.tolist() == [[0, 0, 1, 0, 0, 0]] * 3


def test_goods_that_were_voided_or_returned_are_not_in_the_sale(read: ReadSales) -> None:
    voided = bought(line("a"), line("b"), line("b", quantity=-1))
    assert read(bought(line("a")), voided, bought(line("a"), line("b"))).holds.tolist() == [
        [True, False], [True, False], [True, True]
    ]  # fmt: skip


def test_an_amount_without_a_sku_is_no_goods(read: ReadSales) -> None:
    coupon = PurchaseLine(category=None, sku="", quantity=1, price=-5)
    deposit = PurchaseLine(category=None, sku="", quantity=1, price=5)
    assert read(bought(line("a"), coupon, deposit), by="sku").goods == (Goods(sku="sku-a", category="a"),)


def test_the_sample_of_too_many_sales_is_always_the_same(read: ReadSales, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.reports.offers.sales.MAX_SALES", 10)
    many = [bought(line("a"), line(f"b-{number}")) for number in range(50)]
    first, again = read(*many), read(*many)
    assert (first.total, len(first.probs), first.goods) == (50, 10, again.goods)


def test_invalid_sales_and_rare_goods_are_dropped(read: ReadSales) -> None:
    sales = read(
        bought(line("a")), bought(line("a"), probs=None), bought(line("a"), time=NOON - timedelta(days=8)),
        bought(line("a"), band_edges=(18, 30)), bought(line("a"), probs=(2.0, -1.0, 0.0, 0.0, 0.0, 0.0)),
        bought(line("a"), probs=(1.0,)), bought(line("rare")), bought(line("a")), min_sales=2,
    )  # fmt: skip
    assert (len(sales.probs), [goods.name for goods in sales.goods]) == (3, ["a"])


def test_excluded_and_restricted_goods_are_no_reasons_either(read: ReadSales) -> None:
    sales = read(bought(*map(line, ["beer", "a", "Сигареты", "pills", "restricted"])), excluded={"pills", "restricted"})
    assert [goods.name for goods in sales.goods] == ["a"]


def test_an_excluded_article_does_not_count_for_its_category(read: ReadSales) -> None:
    sales = read(bought(line("a", "pill"), line("b")), bought(line("a")), excluded={"pill"})
    assert {goods.name for goods in sales.goods} == {"a", "b"}
    assert sales.holds.sum(axis=0).tolist() == [1, 1]


def test_an_article_is_excluded_with_its_category(read: ReadSales) -> None:
    sales = read(bought(line("beer", "46"), line("dairy", "47"), line(None, "48"), line("pills", "49")), by="sku",
                 excluded={"pills"})  # fmt: skip
    assert sales.goods == (Goods(sku="47", category="dairy"), Goods(sku="48"))
