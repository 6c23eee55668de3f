"""What a director reads first about offers: what to keep, what to take off, or why there is nothing yet."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from edge.language.words import in_language
from edge.reports.offers.comparison import OfferReport, OfferTally, compare
from edge.reports.offers.lead import lead, no_results_yet
from edge.reports.period import Period
from edge.reports.shares import Share
from edge.settings.sections import OffersSettings

NOW = datetime(2026, 11, 30, 11, tzinfo=timezone.utc)
WEEK = Period(NOW - timedelta(days=7), NOW)
ON, OFF = OffersSettings.model_construct(enabled=True), OffersSettings()


def offer(name: str, made: tuple[int, int], held_out: tuple[int, int]) -> OfferTally:
    return OfferTally("25-34", name, Share(*made), Share(*held_out), 0, 0, 0)


def test_what_sells_is_kept_and_what_drives_away_is_taken_off() -> None:
    report = compare([offer("nuts", (90, 400), (10, 200)), offer("tea", (5, 400), (40, 200))], 10)
    found = lead(report, WEEK, NOW, ON)
    assert found == [
        "Offer of tea to customers of 25-34: bought in 1% of the sales with the offer, in 20% of those without. "
        "Take it off the sheet.",
        "Offer of nuts to customers of 25-34: bought in 22% of the sales with the offer, in 5% of those without. "
        "Keep it.",
        "All offers together: bought in 12% of the sales with the offer, in 12% of those without.",
    ]
    in_russian = in_language(found[1], "ru").replace("\N{NO-BREAK SPACE}", " ")
    assert in_russian.endswith("с предложением купили в 22 % продаж, без него — в 5 %. Оставьте его.")


def test_an_offer_of_too_few_sales_is_not_judged() -> None:
    texts = lead(compare([offer("nuts", (20, 400), (0, 20))], 10), WEEK, NOW, ON)
    assert [text for text in texts if "nuts" in text] == []
    assert texts[-1].startswith("Too few sales to judge an offer alone: it takes 30 with it and 30 without.")


@pytest.mark.parametrize(
    ("report", "settings", "start"),
    [
        (compare([offer("nuts", (2, 5), (1, 2))], 10), ON, "Fewer than 10 sales with an offer"),
        (compare([], 10), OFF, "Offers are off: set offers.enabled"),
        (compare([], 10), ON, "No sale has matched an offer yet."),
    ],
)
def test_each_reason_for_nothing_has_its_own_sentence(
    report: OfferReport, settings: OffersSettings, start: str
) -> None:
    [text] = lead(report, WEEK, NOW, settings)
    assert text.startswith(start)
    assert in_language(text, "ru") != text


def test_a_missing_folder_is_explained_by_the_settings() -> None:
    assert no_results_yet(NOW, enabled=False) == "offers are off: set offers.enabled, or give --folder"
    assert "come back at" in no_results_yet(NOW, enabled=True)
