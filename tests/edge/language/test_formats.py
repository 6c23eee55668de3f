"""Numbers, shares, money, dates and lists as each language writes them."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from edge.language.formats import day, listed, moment, money, number, percent, time_of_day, with_symbols


def spaced(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("digits", "english", "russian"), [(0, "1,234,568", "1 234 568"), (2, "1,234,567.89", "1 234 567,89")]
)
def test_numbers(digits: int, english: str, russian: str) -> None:
    assert number(1234567.891, "en", digits) == english
    assert spaced(number(1234567.891, "ru", digits)) == russian


def test_shares() -> None:
    assert (percent(0.394, "en"), spaced(percent(0.394, "ru"))) == ("39%", "39 %")
    assert (percent(0.394, "en", 1), spaced(percent(0.394, "ru", 1))) == ("39.4%", "39,4 %")


def test_money() -> None:
    assert (spaced(money(1234.5, "en", "RUB")), spaced(money(1234.5, "ru", "RUB"))) == ("RUB 1,234.50", "1 234,50 ₽")
    assert (money(-3, "en", "EUR", 0), spaced(money(-3, "ru", "EUR", 0))) == ("-€3", "-3 €")
    assert spaced(money(1234, "ru", "JPY")) == "1 234 ¥"


def test_days_and_moments_in_the_machines_time_zone() -> None:
    assert (day(date(2026, 5, 1), "en"), spaced(day(date(2026, 5, 1), "ru"))) == ("1 May 2026", "1 мая 2026 г.")
    at = datetime(2026, 5, 1, 9, 5).astimezone()
    assert (moment(at, "en"), moment(at, "ru")) == ("1 May 2026, 09:05", "1 мая 2026, 09:05")
    assert time_of_day(at, "ru") == "09:05"


def test_lists() -> None:
    assert listed(["a", "b", "c"], "en") == "a, b and c"
    assert listed(["a", "b", "c"], "ru") == "a, b и c"


@pytest.mark.parametrize(
    ("written", "russian"), [("7.2", "7,2"), ("1,234.50", "1 234,50"), ("39.5%", "39,5 %"), ("1e-05", "1e-05")]
)
def test_numbers_that_python_has_written(written: str, russian: str) -> None:
    assert spaced(with_symbols(written, "ru")) == russian
    assert with_symbols(written, "en") == written
