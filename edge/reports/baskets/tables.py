"""The basket report as tables for people, and as CSV and JSON for programs. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from edge.decision.bands import UNKNOWN
from edge.language.formats import Shown, money, number, percent
from edge.language.words import Words, joined, verbatim, words
from edge.reports.discoveries import rate
from edge.reports.tables import NOTHING, Table, as_csv, in_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.reports.baskets.analysis import Band, BasketReport, CategoryLift, Figure


def bands_table(report: BasketReport, currency: str) -> Table:
    """One row for each band."""
    columns = (
        words("band"), words("customers"), words("effective"), words("share"), words("95 % interval"),
        words("average basket"), words("95 % interval of it"),
    )  # fmt: skip
    rows = tuple(_band_row(band, currency) for band in report.bands)
    return Table(columns, rows, frozenset(columns[1:]), title=words("The age bands"))


def findings_table(findings: Sequence[CategoryLift], currency: str) -> Table:
    """One row for each lift that differs clearly from 1."""
    columns: tuple[Words, ...] = (
        words("band"), words("category"), words("in baskets"), words("lift"), words("95 % interval"),
        words("false discovery rate"),
    )  # fmt: skip
    rows = tuple(_finding_row(found) for found in findings)
    if any(found.money is not None for found in findings):
        columns = (*columns, words("in money"))
        rows = tuple((*row, in_money(found.money, currency)) for row, found in zip(rows, findings, strict=True))
    return Table(columns, rows, frozenset(columns[2:]), keys=2, title=words("What each band buys more or less often"))


def band_words(name: str) -> Words:
    """A band's name for people."""
    return words("age unknown") if name == UNKNOWN else verbatim(name)


def in_money(amount: float | None, currency: str) -> str:
    """With its sign: more or less."""
    return NOTHING if amount is None else joined("", [Shown(signed_money, amount, {"currency": currency})])


def signed_money(amount: float, language: str, currency: str) -> str:
    """`+RUB 1,234` in English and `−1 234 ₽` in Russian."""
    sign = "+" if amount >= 0 else "\N{MINUS SIGN}"
    return sign + money(abs(amount), language, currency, digits=0)


def baskets_csv(report: BasketReport) -> str:
    """One row for each band and category, and one without a category for each band. Shares from 0 to 1."""
    columns = (
        "band", "customers", "effective_customers", "band_share", "band_share_low", "band_share_high", "average_basket",
        "average_basket_low", "average_basket_high", "category", "share_of_baskets", "lift", "lift_low", "lift_high",
        "false_discovery_rate", "stands_out",
    )  # fmt: skip
    return as_csv(columns, _csv_rows(report))


def baskets_json(report: BasketReport, headline: str, dropped: Sequence[str]) -> str:
    """All figures. The open end of an interval is null."""
    figures = asdict(report)
    figures["bought"] = [{**asdict(lift), "stands_out": lift.stands_out} for lift in report.bought]
    whole = {"about": headline, **figures, "left_out": dropped}
    return json.dumps(_finite(whole), indent=2, ensure_ascii=False) + "\n"


def _band_row(band: Band, currency: str) -> tuple[str, ...]:
    share = _with_interval(band.share, percent, digits=1)
    average = _with_interval(band.average, money, currency=currency)
    counts = (in_groups(count) for count in (band.customers, band.effective))
    return (band_words(band.name), *counts, *share, *average)


def _with_interval(figure: Figure | None, how: Callable[..., str], **options: object) -> tuple[str, str]:
    if not figure:
        return NOTHING, NOTHING
    value, low, high = (Shown(how, part, options) for part in (figure.value, figure.low, figure.high))
    return joined("", [value]), joined(" – ", [low, high if math.isfinite(figure.high) else "?"])


def _finding_row(found: CategoryLift) -> tuple[str, ...]:
    return (
        found.band,
        found.category,
        joined("", [Shown(percent, found.share, {"digits": 1})]),
        *_with_interval(found.lift, number, digits=2),
        joined("", [Shown(rate, found.rate)]),
    )


def _csv_rows(report: BasketReport) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for band in report.bands:
        own = (
            band.name, round(band.customers, 1), round(band.effective, 1), *_cells(band.share), *_cells(band.average)
        )  # fmt: skip
        rows.append((*own, *([None] * 7)))
        rows += [
            (*own, lift.category, round(lift.share, 6), *_cells(lift.lift), round(lift.rate, 6), int(lift.stands_out))
            for lift in report.bought
            if lift.band == band.name
        ]
    return rows


def _cells(figure: Figure | None) -> tuple[float | None, ...]:
    values = (figure.value, figure.low, figure.high) if figure else (None, None, None)
    return tuple(round(value, 6) if value is not None and math.isfinite(value) else None for value in values)


def _finite(value: Any) -> Any:
    """The value with null for infinity, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
