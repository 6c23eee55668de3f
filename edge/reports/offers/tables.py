"""Rules and the effect of offers as tables for people, and as CSV and JSON for programs. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from edge.language.formats import Shown, number, percent
from edge.language.words import Words, joined, verbatim, words
from edge.reports.discoveries import rate
from edge.reports.offers.comparison import EVERYTHING, OTHERS
from edge.reports.tables import NOTHING, Table, as_csv, in_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.offers.sheet import Rule, Rules
    from edge.reports.offers.comparison import OfferReport, OfferTally
    from edge.reports.shares import Share


def rules_table(rules: Rules) -> Table:
    """One row for each rule."""
    columns = (
        words("rule"), words("band"), words("reasons"), words("offer"), words("sales"), words("confidence"),
        words("lift"), words("false discovery rate"), words("text"),
    )  # fmt: skip
    return Table(columns, tuple(_rule_row(rule) for rule in rules.rules), frozenset(columns[4:8]))


def _rule_row(rule: Rule) -> tuple[str, ...]:
    reasons = " + ".join(goods.name for goods in rule.when)
    learnt = rule.learnt
    figures = (
        (
            in_groups(learnt.sales),
            joined("", [Shown(percent, learnt.confidence, {"digits": 1})]),
            joined("", [Shown(number, learnt.lift, {"digits": 2})]),
            joined("", [Shown(rate, max(learnt.rate, 1e-9))]),
        )
        if learnt
        else (NOTHING,) * 4
    )
    return (rule.name, rule.band, reasons, rule.offer.name, *figures, f"{rule.text.ru} / {rule.text.en}")


def offers_table(report: OfferReport) -> Table:
    """For people; the last row is the total."""
    columns = (
        words("band"), words("offer"), words("shown"), words("taken"), words("refused"), words("bought with it"),
        words("bought without it"), words("lift"),
    )  # fmt: skip
    total = [report.everything] if report.everything else []
    rows = tuple(_row(tally) for tally in (*report.lines, *total))
    return Table(columns, rows, frozenset(columns[2:]), total=bool(total), keys=2)


def _row(tally: OfferTally) -> tuple[str, ...]:
    low, high = (
        Shown(number, end, {"digits": 1}) if math.isfinite(end) else verbatim("?") for end in tally.lift_interval
    )
    lift = NOTHING if tally.lift is None else Shown(number, tally.lift, {"digits": 1})
    return (
        name_words(tally.band),
        tally.offer if tally.offer != tally.band else "",
        in_groups(tally.shown),
        in_groups(tally.taken),
        in_groups(tally.refused),
        _bought(tally.made),
        _bought(tally.held_out),
        words("{value} ({low} – {high})", value=lift, low=low, high=high),
    )


def name_words(name: str) -> Words:
    """The name of a band, of an offer, or of several together, for people."""
    return {OTHERS: words("others"), EVERYTHING: words("all")}.get(name) or verbatim(name)


def _bought(share: Share) -> str:
    return words(
        "{hits} of {n} ({share})",
        hits=in_groups(share.hits),
        n=in_groups(share.trials),
        share=Shown(percent, share.value),
    )


def offers_csv(report: OfferReport) -> str:
    """One row for each offer. Shares from 0 to 1; an empty cell for an infinite or undefined value."""
    columns = (
        "band", "offer", "made", "shown", "taken", "refused", "bought", "bought_share", "bought_low", "bought_high",
        "held_out", "bought_without", "bought_without_share", "bought_without_low", "bought_without_high", "lift",
        "lift_low", "lift_high",
    )  # fmt: skip
    return as_csv(columns, (_csv_row(tally) for tally in report.lines))


def _csv_row(tally: OfferTally) -> tuple[object, ...]:
    made, held_out = tally.made, tally.held_out
    figures = (tally.lift, *tally.lift_interval)
    return (
        tally.band, tally.offer, made.trials, tally.shown, tally.taken, tally.refused,
        made.hits, *(round(part, 6) for part in (made.value, *made.interval)),
        held_out.trials, held_out.hits, *(round(part, 6) for part in (held_out.value, *held_out.interval)),
        *(_rounded(figure) for figure in figures),
    )  # fmt: skip


def offers_json(report: OfferReport, headline: str, dropped: Sequence[str]) -> str:
    """All figures. The open end of an interval is null."""
    figures = {
        "about": headline,
        "offers": [_figures(tally) for tally in report.lines],
        "all": _figures(report.everything) if report.everything else None,
        "least": report.least,
        "left_out": list(dropped),
    }
    return json.dumps(figures, indent=2, ensure_ascii=False) + "\n"


def _figures(tally: OfferTally) -> dict[str, Any]:
    low, high = tally.lift_interval
    return {
        **asdict(tally),
        "made": _share(tally.made),
        "held_out": _share(tally.held_out),
        "lift": _rounded(tally.lift),
        "lift_low": _rounded(low),
        "lift_high": _rounded(high),
    }


def _share(share: Share) -> dict[str, float]:
    low, high = share.interval
    return {"sales": share.trials, "bought": share.hits, "share": share.value, "low": low, "high": high}


def _rounded(figure: float | None) -> float | None:
    return round(figure, 6) if figure is not None and math.isfinite(figure) else None
