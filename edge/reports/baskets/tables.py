"""The basket report as tables for people, and as CSV and JSON for programs. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from edge.reports.tables import NOTHING, Table, as_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.baskets.analysis import Band, BasketReport, CategoryLift, Figure


def bands_table(report: BasketReport) -> Table:
    columns = ("band", "customers", "as good as", "share", "95 % interval", "average basket", "95 % interval of it")
    rows = tuple(_band_row(band) for band in report.bands)
    return Table(columns, rows, frozenset(columns[1:]))


def findings_table(findings: Sequence[CategoryLift]) -> Table:
    columns = ("band", "category", "in baskets", "lift", "95 % interval", "chance findings")
    return Table(columns, tuple(_finding_row(one) for one in findings), frozenset(columns[2:]))


def baskets_csv(report: BasketReport) -> str:
    """A line for each band and category, and one without a category for each band; shares from 0 to 1."""
    columns = (
        "band", "customers", "effective_customers", "band_share", "band_share_low", "band_share_high", "average_basket",
        "average_basket_low", "average_basket_high", "category", "share_of_baskets", "lift", "lift_low", "lift_high",
        "false_discovery_rate", "stands_out",
    )  # fmt: skip
    return as_csv(columns, _csv_rows(report))


def baskets_json(report: BasketReport, about: str, left_out: Sequence[str]) -> str:
    """Everything that is known; an interval without an end has null there."""
    figures = asdict(report)
    figures["bought"] = [{**asdict(one), "stands_out": one.stands_out} for one in report.bought]
    return json.dumps(_finite({"about": about, **figures, "left_out": left_out}), indent=2, ensure_ascii=False) + "\n"


def _band_row(band: Band) -> tuple[str, ...]:
    share = (_percent(band.share.value), _interval(band.share, 100, 1, " %")) if band.share else (NOTHING, NOTHING)
    average = (f"{band.average.value:.2f}", _interval(band.average, 1, 2)) if band.average else (NOTHING, NOTHING)
    return (band.name, f"{band.customers:.0f}", f"{band.effective:.0f}", *share, *average)


def _finding_row(one: CategoryLift) -> tuple[str, ...]:
    return (
        one.band,
        one.category,
        _percent(one.share),
        f"{one.lift.value:.2f}",
        _interval(one.lift, 1, 2),
        _percent(one.rate),
    )


def _csv_rows(report: BasketReport) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for band in report.bands:
        own = (
            band.name, round(band.customers, 1), round(band.effective, 1), *_parts(band.share), *_parts(band.average)
        )  # fmt: skip
        rows.append((*own, *([None] * 7)))
        rows += [
            (*own, one.category, round(one.share, 6), *_parts(one.lift), round(one.rate, 6), int(one.stands_out))
            for one in report.bought
            if one.band == band.name
        ]
    return rows


def _parts(figure: Figure | None) -> tuple[float | None, ...]:
    ends = (figure.value, figure.low, figure.high) if figure else (None, None, None)
    return tuple(round(end, 6) if end is not None and math.isfinite(end) else None for end in ends)


def _percent(share: float) -> str:
    return "<0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"


def _interval(figure: Figure, scale: float, digits: int, unit: str = "") -> str:
    high = f"{scale * figure.high:.{digits}f}{unit}" if math.isfinite(figure.high) else "?"
    return f"{scale * figure.low:.{digits}f} to {high}"


def _finite(value: Any) -> Any:
    """JSON knows no infinity."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
