"""Reads the audit logs of lanes, also while the lanes write them."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.commands import visible
from edge.records.audit import Audit
from edge.records.chain import Head
from edge.records.database import Database
from edge.records.revisions import newest_revisions
from edge.reports.words import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from edge.records.records import SaleRecord
    from edge.reports.period import Period


@dataclass(frozen=True, slots=True)
class Log:
    """records: the readable ones, oldest first, with all revisions of a sale. intact: whether the hash chain is.
    pruned: the newest record that was removed because of its age."""

    records: Sequence[tuple[Head, SaleRecord]]
    intact: bool
    pruned: Head


def read_log(folder: Path) -> Log:
    """One consistent snapshot of the log in a state folder. Raises StoreError."""
    with closing(Database(folder, read_only=True)) as database, database.snapshot():
        audit = Audit(database)
        return Log(list(audit.records()), not audit.verify(), audit.pruned)


@dataclass(frozen=True, slots=True)
class RestrictedSales:
    """sales: oldest first, each once, without exercises. training: how many exercises there were."""

    sales: Sequence[SaleRecord]
    training: int


def read_restricted_sales(folders: Iterable[Path], period: Period) -> RestrictedSales:
    """The restricted sales of a period from several logs. Warns on stderr of a log that is not intact.

    Raises StoreError.
    """
    found = []
    for folder in folders:
        log = read_log(folder)
        if not log.intact:
            warn_not_intact(folder, "this report may be wrong")
        found += [sale for sale in newest_revisions(sale for _, sale in log.records) if sale.opened_at in period]
    sales = sorted((sale for sale in found if not sale.training), key=lambda sale: sale.opened_at)
    return RestrictedSales(sales, len(found) - len(sales))


def warn_not_intact(folder: Path, consequence: str) -> None:
    """Print a warning on stderr: the log in this state folder was changed."""
    print(
        f"edge-agent: the audit log in {folder} is not intact, so {consequence}; "
        f"edge-agent report verify --state-dir {folder} lists the problems",
        file=sys.stderr,
    )


def restricted_sales_headline(period: Period, sales: int, lanes: Collection[tuple[str, str]]) -> str:
    """One line: the period, the number of sales, and where they come from.

    lanes: pairs of store and lane. Stores are named, and lanes only counted, if there are several stores.
    """
    found, stores = f"Restricted sales {period}: {sales}.", sorted({store for store, _ in lanes})
    if len(stores) > 1:
        found += f" Stores: {', '.join(stores)}. Lanes: {len(lanes)}."
    elif lanes:
        found += f" Lanes: {', '.join(sorted(lane for _, lane in lanes))}."
    return visible(found)


def not_asked_warnings(sales: int) -> list[str]:
    """What must be said first about restricted goods that the till never reported. sales: how many have some."""
    if not sales:
        return []
    return [
        f"Restricted goods were sold that the till never reported: {counted(sales, 'sale', 'sales')}. This is what a "
        "wrong or dishonest set-up of a till looks like; edge-agent report sales --only not-asked lists them."
    ]


def training_notes(sales: int) -> list[str]:
    """What must be said about exercises. sales: how many were left out."""
    return [f"{counted(sales, 'training sale is', 'training sales are')} left out."] if sales else []
