"""The basket report as tables for people, and as CSV and JSON for programs. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from edge.reports.tables import NOTHING, Table, as_csv
from edge.reports.words import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.baskets.analysis import Band, BasketReport, CategoryLift, Figure


def bands_table(report: BasketReport) -> Table:
    """One row for each band."""
    columns = ("band", "customers", "effective", "share", "95 % interval", "average basket", "95 % interval of it")
    rows = tuple(_band_row(band) for band in report.bands)
    return Table(columns, rows, frozenset(columns[1:]))


def findings_table(findings: Sequence[CategoryLift]) -> Table:
    """One row for each lift that differs clearly from 1."""
    columns = ("band", "category", "in baskets", "lift", "95 % interval", "false discovery rate")
    return Table(columns, tuple(_finding_row(found) for found in findings), frozenset(columns[2:]))


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


def _band_row(band: Band) -> tuple[str, ...]:
    share = (percent(band.share.value), _interval(band.share, 100, 1, " %")) if band.share else (NOTHING, NOTHING)
    average = (f"{band.average.value:.2f}", _interval(band.average, 1, 2)) if band.average else (NOTHING, NOTHING)
    return (band.name, f"{band.customers:.0f}", f"{band.effective:.0f}", *share, *average)


def _finding_row(found: CategoryLift) -> tuple[str, ...]:
    return (
        found.band,
        found.category,
        percent(found.share),
        f"{found.lift.value:.2f}",
        _interval(found.lift, 1, 2),
        percent(found.rate),
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


def _interval(figure: Figure, scale: float, digits: int, unit: str = "") -> str:
    high = f"{scale * figure.high:.{digits}f}{unit}" if math.isfinite(figure.high) else "?"
    return f"{scale * figure.low:.{digits}f} to {high}"


def _finite(value: Any) -> Any:
    """The value with null for infinity, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
