"""Exported audit logs of many lanes and stores, added up by cashier. Written with Ibis, for any of its engines."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ibis

from edge.commands import visible
from edge.reports.cashiers.cashiers import CashierTally, about_sales, together
from edge.reports.cashiers.export import CHECKS
from edge.reports.engine import ReadingError, portions, read_parquet, reading
from edge.reports.files import files_left_out, read_files
from edge.reports.shares import Share
from edge.reports.tables import NOTHING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from edge.reports.files import Files
    from edge.reports.period import Period


@dataclass(frozen=True, slots=True)
class StoreLane:
    """sales: of the period. not_whole: those of them that come from a log whose chain was not whole."""

    store: str
    lane: str
    sales: int
    not_whole: int


@dataclass(frozen=True, slots=True)
class Stores:
    """What was read. tallies: one for each cashier of each store."""

    tallies: Sequence[CashierTally] = ()
    lanes: Sequence[StoreLane] = ()

    def about(self, period: Period) -> str:
        """Which sales these are, in a line."""
        return about_sales(period, sum(one.sales for one in self.lanes), [(one.store, one.lane) for one in self.lanes])


def read_stores(backend: Any, folders: Sequence[Path], period: Period) -> tuple[Stores, Files]:
    """The sums over all exported sales of a period, and the files they come from.

    backend: of `edge.reports.engine`. Raises RunError when a folder cannot be read.
    """
    return read_files(
        folders, period, lambda files: _read(backend, files, period), failure=ReadingError, layout=CHECKS,
        mend="give --folder what edge-agent report export wrote",
    )  # fmt: skip


def shortcomings(found: Stores, files: Files) -> list[str]:
    """A line for everything that is not among the figures, or may not be true."""
    doubtful = [
        f"{one.not_whole} of the {one.sales} sales of {visible(f'{one.lane} of {one.store}')} are from an audit log "
        "that was not whole when it was exported; edge-agent report verify says there what is wrong"
        for one in found.lanes
        if one.not_whole
    ]
    return [*files_left_out(files), *doubtful]


def sum_up(checks: ibis.Table, since: datetime, until: datetime) -> Stores:
    """The sums over a period. checks: with the columns of `edge.reports.cashiers.export.ExportedSale`. Raises what the
    engine raises."""
    sales = checks.filter((checks.time >= _at(since)) & (checks.time < _at(until)))
    sales = sales.mutate(cashier=sales.cashier_id.fill_null(NOTHING), no_check=sales["check"].isnull())
    sold, due = sales.ended == "completed", sales.id_due
    by_cashier = sales.group_by("store", "cashier").aggregate(
        sales=sales.count(),
        due=due.sum(),
        checked=(due & ~sales.no_check).sum(),
        sold=(due & sold).sum(),
        unchecked=(due & sold & sales.no_check).sum(),
        not_passed=(sold & sales["check"].isin(["failed", "not-shown"])).sum(),
        ended=sales.ended.isin(["completed", "cancelled"]).sum(),
    )
    by_lane = sales.group_by("store", "lane").aggregate(sales=sales.count(), not_whole=(~sales.chain_whole).sum())
    return Stores([_tally(row) for row in _rows(by_cashier)], [StoreLane(**row) for row in _rows(by_lane)])


def _tally(row: dict[str, Any]) -> CashierTally:
    return CashierTally(
        store=row["store"],
        cashier=row["cashier"],
        sales=row["sales"],
        due=row["due"],
        checked=row["checked"],
        unchecked=Share(row["unchecked"], row["sold"]),
        not_passed=row["not_passed"],
        abandoned=row["sales"] - row["ended"],
    )


def _read(backend: Any, files: Files, period: Period) -> Stores:
    cashiers: dict[tuple[str, str], list[CashierTally]] = defaultdict(list)
    lanes: dict[tuple[str, str], list[StoreLane]] = defaultdict(list)
    for some in portions(backend, files.good):
        with reading(backend):
            found = sum_up(read_parquet(backend, some), period.since, period.until)
        for tally in found.tallies:
            cashiers[tally.store, tally.cashier].append(tally)
        for lane in found.lanes:
            lanes[lane.store, lane.lane].append(lane)
    return Stores(
        [together(each, store, name) for (store, name), each in sorted(cashiers.items())],
        [
            StoreLane(store, name, sum(one.sales for one in each), sum(one.not_whole for one in each))
            for (store, name), each in sorted(lanes.items())
        ],
    )


def _rows(table: ibis.Table) -> list[dict[str, Any]]:
    """Sums over nothing but nulls are null: none."""
    columns = table.to_pyarrow().to_pylist()
    return [{name: 0 if value is None else value for name, value in row.items()} for row in columns]


def _at(moment: datetime) -> Any:
    return ibis.literal(moment, type="timestamp('UTC')")
