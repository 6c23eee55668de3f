"""Rules, and what became of offers, as tables for people, and as CSV and JSON for programs. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from edge.reports.tables import NOTHING, Table, as_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.offers.sheet import Rule, Rules
    from edge.reports.offers.comparison import OfferReport, OfferTally
    from edge.reports.shares import Share


def rules_table(rules: Rules) -> Table:
    columns = ("rule", "band", "reasons", "offer", "sales", "confidence", "lift", "chance findings", "text")
    return Table(columns, tuple(_rule_row(rule) for rule in rules.rules), frozenset(columns[4:8]))


def _rule_row(rule: Rule) -> tuple[str, ...]:
    reasons = " + ".join(one.name for one in rule.when)
    known = rule.learnt
    figures = (
        (f"{known.sales:.0f}", _percent(known.confidence), f"{known.lift:.2f}", _percent(max(known.rate, 1e-9)))
        if known
        else (NOTHING,) * 4
    )
    return (rule.name, rule.band, reasons, rule.offer.name, *figures, f"{rule.text.ru} / {rule.text.en}")


def offers_table(report: OfferReport) -> Table:
    """For people; the last row is all together."""
    columns = (
        "band", "offer", "made", "shown", "taken", "refused", "bought", "held out", "bought without", "lift",
        "95 % interval",
    )  # fmt: skip
    everything = [report.everything] if report.everything else []
    rows = tuple(_row(one) for one in (*report.lines, *everything))
    return Table(columns, rows, frozenset(columns[2:]), total=bool(everything))


def _row(one: OfferTally) -> tuple[str, ...]:
    low, high = one.lift_interval
    return (
        one.band,
        one.offer if one.offer != one.band else "",
        str(one.made.trials),
        str(one.shown),
        str(one.taken),
        str(one.refused),
        _bought(one.made),
        str(one.held_out.trials),
        _bought(one.held_out),
        NOTHING if one.lift is None else f"{one.lift:.2f}",
        f"{low:.2f} to {high:.2f}" if math.isfinite(high) else f"{low:.2f} to ?",
    )


def _bought(share: Share) -> str:
    return f"{share.hits} ({_percent(share.value)})"


def offers_csv(report: OfferReport) -> str:
    """Shares from 0 to 1; an empty cell where there is nothing to divide by."""
    columns = (
        "band", "offer", "made", "shown", "taken", "refused", "bought", "bought_share", "bought_low", "bought_high",
        "held_out", "bought_without", "bought_without_share", "bought_without_low", "bought_without_high", "lift",
        "lift_low", "lift_high",
    )  # fmt: skip
    return as_csv(columns, (_csv_row(one) for one in report.lines))


def _csv_row(one: OfferTally) -> tuple[object, ...]:
    made, held_out = one.made, one.held_out
    figures = (one.lift, *one.lift_interval)
    return (
        one.band, one.offer, made.trials, one.shown, one.taken, one.refused,
        made.hits, *(round(part, 6) for part in (made.value, *made.interval)),
        held_out.trials, held_out.hits, *(round(part, 6) for part in (held_out.value, *held_out.interval)),
        *(_rounded(figure) for figure in figures),
    )  # fmt: skip


def offers_json(report: OfferReport, about: str, left_out: Sequence[str]) -> str:
    """Everything that is known; an interval without an end has null there."""
    lines = [_figures(one) for one in report.lines]
    everything = _figures(report.everything) if report.everything else None
    figures = {"about": about, "offers": lines, "all": everything, "least": report.least, "left_out": list(left_out)}
    return json.dumps(figures, indent=2, ensure_ascii=False) + "\n"


def _figures(one: OfferTally) -> dict[str, Any]:
    low, high = one.lift_interval
    return {
        **asdict(one),
        "made": _share(one.made),
        "held_out": _share(one.held_out),
        "lift": _rounded(one.lift),
        "lift_low": _rounded(low),
        "lift_high": _rounded(high),
    }


def _share(share: Share) -> dict[str, float]:
    low, high = share.interval
    return {"sales": share.trials, "bought": share.hits, "share": share.value, "low": low, "high": high}


def _rounded(figure: float | None) -> float | None:
    return round(figure, 6) if figure is not None and math.isfinite(figure) else None


def _percent(share: float) -> str:
    return "<0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"
