"""The row of a purchase: an hour, age band probabilities and a basket, and nothing that identifies anybody."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.lane.known_sales import SALE_SILENT_S
from edge.lane.outcomes import Closed
from edge.purchases.catalogue import load_catalogue
from edge.purchases.purchases import Purchase, purchase_of
from edge.settings.config import Settings
from edge.settings.load import load_settings
from edge.settings.sections import InsightsSettings
from edge.till.messages import BasketLine, RestrictedItem, SaleClosed, SaleOpened
from tests.edge.driver import LaneDriver
from tests.edge.people import Person

SETTINGS = InsightsSettings(enabled=True, notice="we count")
MILK = BasketLine(sku="milk", category="dairy", quantity=2, price=94.9)


def row_of(closed: Closed, **catalogue: str) -> Purchase:
    found = purchase_of(closed.record, closed.basket, closed.age, "store-1", SETTINGS, catalogue)
    assert found
    return found


def close(sale: LaneDriver, *basket: BasketLine, completed: bool = True) -> Closed:
    sale.receive(SaleClosed(sale_id="sale-1", completed=completed, cashier_id="anna", basket=basket))
    [closed] = sale.closed
    assert isinstance(closed, Closed)
    return closed


def test_a_row_has_the_band_probabilities_of_the_customer_and_the_basket(sale: LaneDriver) -> None:
    sale.show(Person(age=40), frames=8)
    row = row_of(close(sale, MILK))
    assert (row.store, row.lane, row.band, row.band_edges) == ("store-1", "lane-1", "35-44", (18, 25, 35, 45, 60))
    assert row.band_probs
    assert row.band_probs[3] == pytest.approx(0.77, abs=0.05)
    assert sum(row.band_probs) == pytest.approx(1, abs=0.001)
    assert [line.model_dump() for line in row.lines] == [
        {"category": "dairy", "sku": "milk", "quantity": 2.0, "price": 94.9}
    ]


def test_a_row_contains_no_sale_cashier_track_or_age(sale: LaneDriver) -> None:
    sale.show(Person(age=40, track=4711), frames=8)
    text = row_of(close(sale, MILK)).model_dump_json()
    assert not [name for name in ("sale-1", "anna", "till-1", "4711", '"age', "mean") if name in text]


def test_the_time_is_the_hour(sale: LaneDriver) -> None:
    sale.now_s = 3 * 3600 + 59 * 60.0
    assert row_of(close(sale, MILK)).time == datetime(2000, 1, 1, 3, tzinfo=timezone.utc)


def test_without_a_customer_the_band_is_unknown(sale: LaneDriver) -> None:
    row = row_of(close(sale, MILK))
    assert (row.band, row.band_probs) == ("unknown", None)


def test_with_too_few_samples_the_band_is_unknown(sale: LaneDriver) -> None:
    sale.show(Person(age=40), frames=2)
    assert row_of(close(sale, MILK)).band == "unknown"


def test_with_two_people_the_band_is_unknown(sale: LaneDriver) -> None:
    sale.show(Person(age=40, track=1, x=0.4), Person(age=15, track=2, x=0.6), frames=8)
    assert row_of(close(sale, MILK)).band == "unknown"


def test_the_first_customer_counts_even_if_gone_or_replaced_at_the_end(sale: LaneDriver) -> None:
    sale.show(Person(age=40, track=1), frames=8)
    sale.show(frames=30)
    sale.show(Person(age=70, track=2), frames=8)
    assert row_of(close(sale, MILK)).band == "35-44"


def test_the_band_of_the_sale_before_is_not_used(sale: LaneDriver) -> None:
    sale.show(Person(age=40), frames=8)
    sale.receive(SaleClosed(sale_id="sale-1", basket=(MILK,)))
    sale.receive(SaleOpened(sale_id="sale-2"))
    sale.receive(SaleClosed(sale_id="sale-2", basket=(MILK,)))
    assert [row_of(closed).band for closed in sale.closed] == ["35-44", "unknown"]


def test_an_abandoned_sale_leaves_no_purchase(sale: LaneDriver) -> None:
    sale.receive(RestrictedItem(sale_id="sale-1"))
    sale.now_s += SALE_SILENT_S
    sale.wait(1)
    assert [
        purchase_of(closed.record, closed.basket, closed.age, "store-1", SETTINGS, {}) for closed in sale.closed
    ] == [None]


def test_a_cancelled_sale_leaves_a_purchase_only_if_something_was_bought(sale: LaneDriver) -> None:
    closed = close(sale, MILK, completed=False)
    assert row_of(closed).lines
    assert purchase_of(closed.record, (), None, "store-1", SETTINGS, {}) is None


def test_the_catalogue_gives_the_category_if_the_till_does_not(sale: LaneDriver) -> None:
    basket = (MILK, BasketLine(sku="46"), BasketLine(sku="99"))
    row = row_of(close(sale, *basket), **{"46": "fruit", "milk": "drinks"})
    assert [line.category for line in row.lines] == ["dairy", "fruit", None]


def test_implausible_lines_are_stored_unchanged(sale: LaneDriver) -> None:
    row = row_of(close(sale, BasketLine(sku="milk", quantity=-1, price=1e12)))
    assert [(line.quantity, line.price) for line in row.lines] == [(-1, 1e12)]


def test_a_line_without_a_sku_is_no_purchase(sale: LaneDriver) -> None:
    row = row_of(close(sale, BasketLine(sku=None, category="beer", restricted=True), MILK), milk="drinks")
    assert [line.sku for line in row.lines] == ["milk"]


def test_a_catalogue_is_read_from_csv(tmp_path: Path) -> None:
    (tmp_path / "goods.csv").write_text("\ufeffname,sku,category\nMilk,46,dairy\nNothing,47,\n", encoding="utf-8")
    assert load_catalogue(tmp_path / "goods.csv") == {"46": "dairy"}
    (tmp_path / "goods.csv").write_text("sku;category\r\n46;молочное\r\n", encoding="utf-16")
    assert load_catalogue(tmp_path / "goods.csv") == {"46": "молочное"}
    assert load_catalogue(None) == {}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"milk;dairy\n", "goods.csv: it has no columns sku and category: name them in its first line"),
        (b"sku,category\n\xff,1\n", "cannot read insights.catalogue .*goods.csv: line 2 is not UTF-8"),
        (b"sku;category\n4,60702E+12;tea\n", "goods.csv: a spreadsheet has shortened a sku to 4,60702E.12: set the"),
        (None, "cannot read insights.catalogue .*goods.csv: No such file or directory"),
    ],
)
def test_an_unreadable_catalogue_is_named_in_the_error(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    if content is not None:
        (tmp_path / "goods.csv").write_bytes(content)
    with pytest.raises(UsageError, match=complaint):
        load_catalogue(tmp_path / "goods.csv")


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["--insights.enabled"], "insights.enabled needs insights.notice: the text that informs customers"),
        (["--insights.bands", "25,18"], "each age must be above the one before"),
        (["--insights.min-customers", "1"], "insights.min_customers = '1'"),
    ],
)
def test_invalid_settings_are_rejected_at_the_start(flags: list[str], complaint: str) -> None:
    with pytest.raises(UsageError) as rejected:
        load_settings(flags)
    assert complaint in str(rejected.value)
    assert "\n" not in str(rejected.value)


def test_insights_are_off_by_default() -> None:
    assert Settings().insights.enabled is False
