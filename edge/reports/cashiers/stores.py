"""Exported audit logs of many lanes and stores, counted by cashier. Written with Ibis, for DuckDB and Spark."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from edge.commands import visible
from edge.language.words import words
from edge.reports.cashiers.tallies import CashierTally, check_tally, total
from edge.reports.compliance import NOT_PASSED, SOLD
from edge.reports.engine import EngineError, engine_errors, file_batches, read_parquet, rows, utc
from edge.reports.exported import ADDED_COLUMNS, CHECKS
from edge.reports.files import dropped_files, read_files
from edge.reports.shares import Share
from edge.reports.tables import NOTHING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from edge.reports.files import Files
    from edge.reports.period import Period
    from edge.reports.places import LanePlace


@dataclass(frozen=True, slots=True)
class StoreLane:
    """sales: in the period. not_intact: of these, the sales from a log that was not intact."""

    store: str
    box: str
    lane: str
    sales: int
    not_intact: int


@dataclass(frozen=True, slots=True)
class Stores:
    """tallies: one for each cashier of each store. lanes: those with sales. training: how many exercises were left
    out."""

    tallies: Sequence[CashierTally] = ()
    lanes: Sequence[StoreLane] = ()
    training: int = 0


def read_stores(backend: Any, folders: Sequence[Path], period: Period) -> tuple[Stores, Files]:
    """Count the exported sales of a period. Returns the counts and the files they come from.

    backend: from `edge.reports.engine`. Raises RunError if a folder cannot be read.
    """
    return read_files(
        folders, period, lambda files: _count_files(backend, files, period), failure=EngineError, layout=CHECKS,
        hint="give --folder the folder that edge-agent report export wrote",
    )  # fmt: skip


def doubts(stores: Stores, files: Files) -> list[str]:
    """One line for each file that is not in the figures, and for each lane whose figures may be wrong."""
    doubtful = [
        words(
            "{part} of the {sales} sales of {lane} of {store} are from an audit log that was not intact when it was "
            "exported; run edge-agent report verify there to see the problems",
            part=lane.not_intact,
            sales=lane.sales,
            lane=visible(f"{lane.box}/{lane.lane}" if lane.box else lane.lane),
            store=visible(lane.store),
        )
        for lane in stores.lanes
        if lane.not_intact
    ]
    return [*dropped_files(files), *doubtful]


def _count_files(backend: Any, files: Files, period: Period) -> Stores:
    cashiers: dict[tuple[str, str], list[CashierTally]] = defaultdict(list)
    lanes: dict[LanePlace, list[StoreLane]] = defaultdict(list)
    training = 0
    for batch in file_batches(backend, files.good):
        with engine_errors(backend):
            found = _count(read_parquet(backend, batch, ADDED_COLUMNS), period.since, period.until)
        for tally in found.tallies:
            cashiers[tally.store, tally.cashier].append(tally)
        for lane in found.lanes:
            lanes[lane.store, lane.box, lane.lane].append(lane)
        training += found.training
    return Stores(
        [total(parts, store, name) for (store, name), parts in sorted(cashiers.items())],
        [
            StoreLane(*place, sum(part.sales for part in parts), sum(part.not_intact for part in parts))
            for place, parts in sorted(lanes.items())
        ],
        training,
    )


def _count(checks: ibis.Table, since: datetime, until: datetime) -> Stores:
    """checks: with the columns of `edge.reports.exported.ExportedSale`. Raises the engine's errors."""
    present = checks.filter((checks.time >= utc(since)) & (checks.time < utc(until)))
    training = present.training.fill_null(False)
    sales = present.filter(~training).mutate(cashier=ibis._.cashier_id.fill_null(NOTHING), box=ibis._.box.fill_null(""))
    by_lane = sales.group_by("store", "box", "lane").aggregate(
        sales=sales.count(), not_intact=(~sales.chain_whole).sum()
    )
    found = [*_tallies_of_sales(sales), *_tallies_of_checks(sales)]
    lanes = [StoreLane(**row) for row in rows(by_lane)]
    [exercises] = rows(present.filter(training).aggregate(number=ibis._.count()))
    return Stores(found, lanes, exercises["number"])


def _tallies_of_sales(sales: ibis.Table) -> list[CashierTally]:
    """A tally without checks for each seller and each end of their sales."""
    sold, due = sales.ended.isin(SOLD), (sales.ended == "completed") & sales.id_due
    by_end = sales.group_by("store", "cashier", "ended").aggregate(
        sales=sales.count(),
        due=due.sum(),
        unchecked=(due & sales["check"].isnull()).sum(),
        after_failed_check=(sold & sales["check"].isin(NOT_PASSED)).sum(),
        after_payment=sales.after_payment.sum(),
    )
    return [
        CashierTally(
            store=row["store"],
            cashier=row["cashier"],
            ended=Counter({row["ended"] or "abandoned": row["sales"]}),
            # A sum over nulls only is null, and means 0.
            unchecked=Share(row["unchecked"] or 0, row["due"] or 0),
            after_failed_check=row["after_failed_check"] or 0,
            after_payment=row["after_payment"] or 0,
        )
        for row in rows(by_end)
    ]


def _tallies_of_checks(sales: ibis.Table) -> list[CashierTally]:
    """A tally without sales for each checker and kind of check."""
    unnested = sales.select("store", made=sales.checks.unnest())
    own = unnested.select(
        "store", cashier=unnested.made.cashier_id.fill_null(NOTHING), outcome=unnested.made.outcome,
        means=unnested.made.means, authorised_by=unnested.made.authorised_by,
    )  # fmt: skip
    older = sales.filter(sales.checks.isnull() & sales["check"].notnull())
    of_sellers = older.select("store", "cashier", outcome=older["check"])
    kinds = [
        *rows(own.group_by(*own.columns).aggregate(number=own.count())),
        *rows(of_sellers.group_by(*of_sellers.columns).aggregate(number=of_sellers.count())),
    ]
    return [
        CashierTally(
            store=row["store"],
            cashier=row["cashier"],
            checks=check_tally({(row["outcome"], row.get("means"), row.get("authorised_by")): row["number"]}),
        )
        for row in kinds
    ]
