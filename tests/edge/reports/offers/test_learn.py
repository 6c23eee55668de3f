"""Rules from simulated shops: what is planted is found, noise gives nothing, and nothing forbidden is ever learnt."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.purchases.goods import Goods
from edge.purchases.parquet import write_day
from edge.purchases.purchases import Purchase, PurchaseLine
from edge.reports.offers.learn import Bar, learn
from edge.reports.offers.sales import Sales, read_sales
from edge.reports.period import Period
from edge.till.messages import Text
from tests.edge.purchases.conftest import EDGES, NOON
from tests.edge.reports.conftest import Shop

Make = Callable[..., Any]
GOODS = 20
BASE = np.geomspace(0.03, 0.3, GOODS)
REASON, OFFER, BAND = 15, 6, 2
"""What 25- to 34-year-olds are planted to buy together."""


def simulated(seed: int, times_as_often: float = 1.0, customers: int = 8000) -> Sales:
    """A shop where goods are bought by chance, but for one pair in one band."""
    shop = Shop(np.random.default_rng(seed))
    people = shop.customers(customers)
    holds = shop.chance.random((customers, GOODS)) < BASE
    planted = (people.bands == BAND) & holds[:, REASON]
    holds[planted, OFFER] = shop.chance.random(planted.sum()) < times_as_often * BASE[OFFER]
    return Sales(people.probs, tuple(Goods(category=f"goods-{number}") for number in range(GOODS)), holds)


def pairs(sales: Sales, bar: Bar | None = None) -> set[tuple[str, str, str]]:
    rules = learn(sales, EDGES, 18, bar or Bar(), 100).rules
    return {(rule.band, " + ".join(one.name for one in rule.when), rule.offer.name) for rule in rules}


def test_noise_gives_hardly_ever_a_rule() -> None:
    assert sum(bool(pairs(simulated(seed))) for seed in range(12)) <= 1, "a shop in twenty may have one"


def test_what_is_planted_is_found_in_its_band_and_nothing_else() -> None:
    for seed in range(5):
        found = pairs(simulated(seed, times_as_often=6))
        assert ("25-34", f"goods-{REASON}", f"goods-{OFFER}") in found
        involved = {name for _, reasons, offer in found for name in (*reasons.split(" + "), offer)}
        about_it = {name for band, reasons, offer in found if band == "25-34" for name in (reasons, offer)}
        assert {f"goods-{REASON}", f"goods-{OFFER}"} <= about_it
        chance = [one for one in found if not {f"goods-{REASON}", f"goods-{OFFER}"} <= {*one[1].split(" + "), one[2]}]
        assert len(chance) <= 0.05 * len(found) + 1, involved


def test_a_rule_says_what_the_sales_said() -> None:
    sales = simulated(1, times_as_often=6)
    rules = learn(sales, EDGES, 18, Bar(), 100).rules
    rule = next(one for one in rules if (one.band, one.offer.name, len(one.when)) == ("25-34", f"goods-{OFFER}", 1))
    parts = sales.probs[:, BAND]
    both = parts[sales.holds[:, REASON] & sales.holds[:, OFFER]].sum()
    confidence = both / parts[sales.holds[:, REASON]].sum()
    assert rule.learnt
    assert rule.learnt.sales == pytest.approx(both, abs=1e-5)
    assert rule.learnt.support == pytest.approx(both / parts.sum(), abs=1e-5)
    assert rule.learnt.confidence == pytest.approx(confidence, abs=1e-5)
    assert rule.learnt.lift == pytest.approx(confidence / (parts[sales.holds[:, OFFER]].sum() / parts.sum()), abs=1e-4)
    assert rule.learnt.rate <= 0.05


def test_no_rule_is_for_a_band_that_begins_under_the_legal_age() -> None:
    sales = simulated(1, times_as_often=6)
    everybody = Sales(np.roll(sales.probs, -2, axis=1), sales.goods, sales.holds)  # the planted ones are minors now
    assert not {band for band, _, _ in pairs(everybody)} & {"0-17"}
    assert {rule.band for rule in learn(sales, EDGES, 30, Bar(), 100).rules} <= {"35-44", "45-59", "60+"}


def test_the_bar_is_reached_by_every_rule_and_most_is_the_most() -> None:
    sales = simulated(1, times_as_often=6)
    assert len(learn(sales, EDGES, 18, Bar(), 2).rules) == 2
    for rule in learn(sales, EDGES, 18, Bar(confidence=0.2, lift=1.8, support=0.004), 100).rules:
        assert rule.learnt
        assert rule.learnt.confidence >= 0.2
        assert rule.learnt.lift >= 1.8
    assert pairs(sales, Bar(sales=10_000)) == set()


def test_from_no_sales_nothing_is_learnt() -> None:
    assert pairs(Sales(np.zeros((0, 6)), (), np.zeros((0, 0), bool))) == set()
    assert pairs(Sales(np.eye(6), (), np.zeros((6, 0), bool))) == set()


def test_goods_are_called_as_the_shop_says_in_both_languages() -> None:
    names = {f"goods-{OFFER}": Text(ru="сыр", en="cheese")}
    rules = learn(simulated(1, times_as_often=6), EDGES, 18, Bar(), 100, names).rules
    texts = {rule.offer.name: rule.text for rule in rules}
    assert texts[f"goods-{OFFER}"] == Text(ru="Предложите: сыр.", en="Offer: cheese.")
    assert texts[f"goods-{REASON}"].ru == f"Предложите: goods-{REASON}."


WEEK = Period(NOON - timedelta(days=7), NOON + timedelta(days=7))


def bought(*lines: PurchaseLine, **purchase: Any) -> Purchase:
    probs = purchase.pop("probs", (0.0, 0.0, 1.0, 0.0, 0.0, 0.0))
    return Purchase(
        **{"time": NOON, "store": "s", "lane": "l", "band": "25-34", "band_edges": EDGES, "band_probs": probs,
           "lines": lines} | purchase
    )  # fmt: skip


def line(category: str | None, sku: str = "", quantity: float = 1.0) -> PurchaseLine:
    return PurchaseLine(category=category, sku=sku or f"one-{category}", quantity=quantity, price=1.0)


@pytest.fixture
def read(tmp_path: Path) -> Make:
    def read_back(*purchases: Purchase, by: Any = "category", least: int = 1, never: Any = ()) -> Sales:
        write_day(tmp_path / "2026-11-01" / "l-1.parquet", [one.model_dump_json() for one in purchases])
        now = datetime(2026, 12, 1, tzinfo=timezone.utc)
        return read_sales([tmp_path], WEEK, now, EDGES, by=by, least=least, never=never)[0]

    return read_back


def test_sales_are_read_as_who_holds_what(read: Make) -> None:
    sales = read(bought(line("a"), line("b")), bought(line("a"), line("a")), bought(line("b", quantity=-1)))
    assert [one.name for one in sales.goods] == ["a", "b"]
    assert sales.holds.tolist() == [[True, True], [True, False], [False, False]]
    assert sales.probs.tolist() == [[0, 0, 1, 0, 0, 0]] * 3


def test_of_too_many_sales_some_are_drawn_always_the_same(read: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.reports.offers.sales.MOST_SALES", 10)
    many = [bought(line("a"), line(f"b-{number}")) for number in range(50)]
    one, again = read(*many), read(*many)
    assert (one.total, len(one.probs), one.goods) == (50, 10, again.goods)


def test_what_cannot_be_used_is_left_out(read: Make) -> None:
    sales = read(
        bought(line("a")), bought(line("a"), probs=None), bought(line("a"), time=NOON - timedelta(days=8)),
        bought(line("a"), band_edges=(18, 30)), bought(line("a"), probs=(2.0, -1.0, 0.0, 0.0, 0.0, 0.0)),
        bought(line("a"), probs=(1.0,)), bought(line("rare")), bought(line("a")), least=2,
    )  # fmt: skip
    assert (len(sales.probs), [one.name for one in sales.goods]) == (3, ["a"])


def test_what_must_not_be_offered_is_no_reason_either(read: Make) -> None:
    sales = read(bought(*map(line, ["beer", "a", "Сигареты", "pills", "restricted"])), never={"pills", "restricted"})
    assert [one.name for one in sales.goods] == ["a"]


def test_an_article_that_must_not_be_offered_does_not_stand_for_its_category(read: Make) -> None:
    sales = read(bought(line("a", "pill"), line("b")), bought(line("a")), never={"pill"})
    assert {one.name for one in sales.goods} == {"a", "b"}
    assert sales.holds.sum(axis=0).tolist() == [1, 1]


def test_an_article_goes_with_its_category(read: Make) -> None:
    sales = read(bought(line("beer", "46"), line("dairy", "47"), line(None, "48"), line("pills", "49")), by="sku",
                 never={"pills"})  # fmt: skip
    assert sales.goods == (Goods(sku="47", category="dairy"), Goods(sku="48"))
