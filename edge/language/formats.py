"""Numbers, shares, amounts of money and dates as a language writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
    get_group_symbol,
)

from edge.language.catalogue import locale

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

_NO_BREAK = "\N{NO-BREAK SPACE}"
_HELD_SPACE = re.compile(r"(?<=\d) (?=[%₽€$]|– \d)|(?<=\d –) (?=\d)")


@dataclass(frozen=True)
class Shown:
    """A value that each language writes in its own way, to be put into `words`: Shown(percent, 0.39).

    how: one of the functions below. options: its other arguments.
    """

    how: Callable[..., str]
    value: Any
    options: dict[str, Any] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        return self.how(self.value, language, **self.options)


def number(value: float, language: str, digits: int = 0) -> str:
    """`1,234.5` in English and `1 234,5` in Russian. digits: after the decimal point."""
    return format_decimal(value, _pattern("#,##0", digits), locale(language))


def percent(share: float, language: str, digits: int = 0) -> str:
    """`39%` in English and `39 %` in Russian. share: 1 is all."""
    pattern = locale(language).percent_formats[None].pattern
    return format_percent(share, _pattern(pattern, digits), locale(language))


def money(amount: float, language: str, currency: str, digits: int | None = None) -> str:
    """`RUB 1,234.50` in English and `1 234,50 ₽` in Russian. currency: ISO 4217. digits: default: the currency's."""
    digits = get_currency_precision(currency) if digits is None else digits
    pattern = _pattern(locale(language).currency_formats["standard"].pattern.replace("0.00", "0"), digits)
    if get_currency_symbol(currency, locale(language))[-1].isalpha():
        pattern = pattern.replace("¤#", f"¤{_NO_BREAK}#")
    return format_currency(amount, currency, pattern, locale(language), currency_digits=False)


def currency_symbol(currency: str, language: str) -> str:
    """`RUB` in English and `₽` in Russian."""
    return get_currency_symbol(currency, locale(language))


def day(value: date, language: str) -> str:
    """`5 Nov 2026` in English and `5 нояб. 2026 г.` in Russian."""
    return format_date(value, "medium", locale(language))


def day_and_month(value: date, language: str) -> str:
    """`5 Nov` in English and `5 нояб.` in Russian."""
    return format_skeleton("MMMd", value, locale=locale(language))


def moment(value: datetime, language: str) -> str:
    """Day, hour and minute, in this machine's time zone: `5 Nov 2026, 14:20`."""
    return format_datetime(value.astimezone(), "d MMM y, HH:mm", locale=locale(language))


def time_of_day(value: datetime, language: str) -> str:
    """Hour and minute, in this machine's time zone: `14:20`."""
    return format_time(value.astimezone(), "HH:mm", locale=locale(language))


def listed(items: Sequence[str], language: str, style: Literal["standard", "or"] = "standard") -> str:
    """`lane-1, lane-2 and lane-3` in English and `lane-1, lane-2 и lane-3` in Russian; `or` and `или` in the other
    style."""
    return format_list([str(item) for item in items], style, locale(language))


def with_symbols(text: str, language: str) -> str:
    """A number that Python has written, with the language's own decimal point and thousands: 1,234.5 or 39.5%."""
    if text.endswith("%"):
        whole, _, decimals = text.rstrip("%").replace(",", "").partition(".")
        return percent(float(f"{whole}.{decimals or 0}") / 100, language, len(decimals))
    symbols = {",": get_group_symbol(locale(language)), ".": get_decimal_symbol(locale(language))}
    return "".join(symbols.get(character, character) for character in text)


def unbroken(text: str) -> str:
    """A text in which no line ends between a number and its sign, as in `95 %`, or inside a range, as in `17 – 28`."""
    return _HELD_SPACE.sub(_NO_BREAK, text)


def _pattern(whole: str, digits: int) -> str:
    """The CLDR pattern of a number with so many decimals: #,##0.00 for 2."""
    return whole.replace("0", f"0.{'0' * digits}") if digits else whole
