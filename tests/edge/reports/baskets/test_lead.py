"""What a director reads first: what weighs most, in money, or why there is nothing yet, in Russian and English."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from edge.language.words import in_language
from edge.reports.baskets.analysis import Band, BasketReport, CategoryLift, Figure
from edge.reports.baskets.lead import lead
from edge.reports.baskets.sums import Faults
from edge.reports.period import Period
from edge.settings.sections import InsightsSettings

NOW = datetime(2026, 11, 30, 11, 9, 30, tzinfo=timezone.utc)
WEEK = Period(NOW - timedelta(days=7), NOW)
ON = InsightsSettings(enabled=True, notice="we count")
BANDS = tuple(Band(name, 500, 300, Figure(0.5, 0.4, 0.6), None) for name in ("18-24", "25-34"))


def found(band: str, category: str, lift: float, money: float | None, rate: float = 0.001) -> CategoryLift:
    return CategoryLift(band, category, 0.3, Figure(lift, 0.9 * lift, 1.1 * lift), rate, 10 * (lift - 1), money)


def report_of(
    *bought: CategoryLift,
    baskets: float | None = 1000,
    bands: tuple[Band, ...] = BANDS,
    stores: tuple[str, ...] = ("s",),
) -> BasketReport:
    return BasketReport(baskets, bands, bought, 0, 10, Faults(), stores, ())


def test_what_brings_the_most_money_comes_first() -> None:
    report = report_of(found("18-24", "crisps", 3.0, 900), found("25-34", "nappies", 2.0, 12_300.4))
    first, second, advice = lead(report, WEEK, NOW, ON, "RUB")
    assert first == (
        "Customers of 25-34 buy nappies 2.0 times as often as all: 30% of their baskets, 15% of all. That brings "
        "RUB\N{NO-BREAK SPACE}12,300 more."
    )
    assert "crisps" in second
    assert advice.startswith("Always have in stock")
    assert "в 2,0 раза чаще" in in_language(first, "ru")
    assert "12\N{NO-BREAK SPACE}300\N{NO-BREAK SPACE}₽" in in_language(first, "ru")


def test_what_a_band_buys_less_often_is_what_it_could_bring() -> None:
    text = lead(report_of(found("18-24", "beer", 0.5, -400)), WEEK, NOW, ON, "EUR")[0]
    assert text.startswith("Customers of 18-24 buy beer less often: 30% of their baskets, 60% of all.")
    assert text.endswith("it would bring €400 more.")


def test_without_prices_there_is_no_money() -> None:
    text = lead(report_of(found("18-24", "beer", 2.0, None)), WEEK, NOW, ON, "RUB")[0]
    assert text.endswith("30% of their baskets, 15% of all.")


def test_what_may_be_chance_is_no_finding() -> None:
    [text] = lead(report_of(found("18-24", "beer", 2.0, 400, rate=0.5)), WEEK, NOW, ON, "RUB")
    assert text == "No age band buys any category clearly more or less often than the others."


@pytest.mark.parametrize(
    ("report", "settings", "start"),
    [
        (report_of(), ON, "Too few sales to compare what the age bands buy."),
        (report_of(baskets=None, bands=()), ON, "Fewer than 10 customers of known age bought something."),
        (
            report_of(baskets=None, bands=(Band("unknown", 50, 50, None, None),)),
            ON,
            "In these sales the customers' ages are unknown",
        ),
        (report_of(baskets=None, bands=(), stores=()), ON, "No sale is filed from "),
        (report_of(baskets=None, bands=(), stores=()), InsightsSettings(), "No sale is filed from "),
    ],
)
def test_each_reason_for_nothing_has_its_own_sentence(
    report: BasketReport, settings: InsightsSettings, start: str
) -> None:
    [text] = lead(report, WEEK, NOW, settings, "RUB")
    assert text.startswith(start)
    assert in_language(text, "ru") != text


def test_nothing_yet_says_when_to_come_back_or_what_to_set() -> None:
    nothing = report_of(baskets=None, bands=(), stores=())
    [on], [off] = (lead(nothing, WEEK, NOW, settings, "RUB") for settings in (ON, InsightsSettings()))
    assert on.endswith(
        f"Sales are filed every 10 minutes; come back at {(NOW + timedelta(seconds=659)).astimezone():%H:%M}."
    )
    assert "set insights.enabled" in off
    [past] = lead(nothing, Period(NOW - timedelta(days=9), NOW - timedelta(days=2)), NOW, ON, "RUB")
    assert past.endswith("choose another --since or --until.")
