"""Exported audit logs of many lanes and stores, counted by cashier. Written with Ibis, for DuckDB and Spark."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge.commands import visible
from edge.reports.cashiers.cashiers import CashierTally, total
from edge.reports.engine import EngineError, engine_errors, file_batches, read_parquet, rows, utc
from edge.reports.exported import CHECKS
from edge.reports.files import dropped_files, read_files
from edge.reports.shares import Share
from edge.reports.tables import NOTHING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    import ibis

    from edge.reports.files import Files
    from edge.reports.period import Period


@dataclass(frozen=True, slots=True)
class StoreLane:
    """sales: in the period. not_intact: of these, the sales from a log that was not intact."""

    store: str
    lane: str
    sales: int
    not_intact: int


@dataclass(frozen=True, slots=True)
class Stores:
    """tallies: one for each cashier of each store."""

    tallies: Sequence[CashierTally] = ()
    lanes: Sequence[StoreLane] = ()


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
        f"{lane.not_intact} of the {lane.sales} sales of {visible(f'{lane.lane} of {lane.store}')} are from an audit "
        "log that was not intact when it was exported; run edge-agent report verify there to see the problems"
        for lane in stores.lanes
        if lane.not_intact
    ]
    return [*dropped_files(files), *doubtful]


def _count_files(backend: Any, files: Files, period: Period) -> Stores:
    cashiers: dict[tuple[str, str], list[CashierTally]] = defaultdict(list)
    lanes: dict[tuple[str, str], list[StoreLane]] = defaultdict(list)
    for batch in file_batches(backend, files.good):
        with engine_errors(backend):
            found = _count(read_parquet(backend, batch), period.since, period.until)
        for tally in found.tallies:
            cashiers[tally.store, tally.cashier].append(tally)
        for lane in found.lanes:
            lanes[lane.store, lane.lane].append(lane)
    return Stores(
        [total(parts, store, name) for (store, name), parts in sorted(cashiers.items())],
        [
            StoreLane(store, name, sum(part.sales for part in parts), sum(part.not_intact for part in parts))
            for (store, name), parts in sorted(lanes.items())
        ],
    )


def _count(checks: ibis.Table, since: datetime, until: datetime) -> Stores:
    """checks: with the columns of `edge.reports.exported.ExportedSale`. Raises the engine's errors."""
    sales = checks.filter((checks.time >= utc(since)) & (checks.time < utc(until)))
    sales = sales.mutate(cashier=sales.cashier_id.fill_null(NOTHING), no_check=sales["check"].isnull())
    completed, due = sales.ended == "completed", sales.id_due
    by_cashier = sales.group_by("store", "cashier").aggregate(
        sales=sales.count(),
        due=due.sum(),
        checked=(due & ~sales.no_check).sum(),
        completed=(due & completed).sum(),
        unchecked=(due & completed & sales.no_check).sum(),
        not_passed=(completed & sales["check"].isin(["failed", "not-shown"])).sum(),
        ended=sales.ended.isin(["completed", "cancelled"]).sum(),
    )
    by_lane = sales.group_by("store", "lane").aggregate(sales=sales.count(), not_intact=(~sales.chain_whole).sum())
    return Stores([_tally(row) for row in _sums(by_cashier)], [StoreLane(**row) for row in _sums(by_lane)])


def _tally(row: dict[str, Any]) -> CashierTally:
    return CashierTally(
        store=row["store"],
        cashier=row["cashier"],
        sales=row["sales"],
        due=row["due"],
        checked=row["checked"],
        unchecked=Share(row["unchecked"], row["completed"]),
        not_passed=row["not_passed"],
        abandoned=row["sales"] - row["ended"],
    )


def _sums(table: ibis.Table) -> list[dict[str, Any]]:
    """The rows of a table of sums. A sum over nulls only is null, and means 0."""
    return [{name: 0 if value is None else value for name, value in row.items()} for row in rows(table)]
