"""Reads the audit logs of lanes, also while the lanes write them."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from edge.language.catalogue import ENGLISH
from edge.language.words import Words, counted, in_language, words
from edge.records.audit import Audit
from edge.records.chain import Head
from edge.records.database import Database
from edge.records.revisions import newest_revisions
from edge.reports.places import lanes_of, names_of, with_place
from edge.reports.tables import in_groups

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from edge.records.changes import SettingsChange
    from edge.records.records import SaleRecord
    from edge.reports.period import Period
    from edge.reports.places import LanePlace


@dataclass(frozen=True, slots=True)
class Log:
    """records: the readable ones, oldest first, with all revisions of a sale. intact: whether the hash chain is.
    pruned: the newest record that was removed because of its age. changes: of the settings, oldest first."""

    records: Sequence[tuple[Head, SaleRecord]]
    intact: bool
    pruned: Head
    changes: Sequence[tuple[Head, SettingsChange]] = ()


def read_log(folder: Path) -> Log:
    """One consistent snapshot of the log in a state folder. Raises StoreError."""
    with closing(Database(folder, read_only=True)) as database, database.snapshot():
        audit = Audit(database)
        return Log(list(audit.records()), not audit.verify(), audit.pruned, list(audit.changes()))


@dataclass(frozen=True, slots=True)
class RestrictedSales:
    """sales: oldest first, each once, without exercises. training: how many exercises there were. latest: when the
    newest sale in the logs was opened, in this period or not; None if there is none."""

    sales: Sequence[SaleRecord]
    training: int
    latest: datetime | None = field(default=None, compare=False)


def read_restricted_sales(
    folders: Iterable[Path], period: Period, language: str = ENGLISH, store: str = "", box: str = ""
) -> RestrictedSales:
    """The restricted sales of a period from several logs. Warns on stderr of a log that is not intact, in a language.

    store, box: for records of older versions, see `with_place`. Raises StoreError.
    """
    found: list[SaleRecord] = []
    latest: list[datetime] = []
    for folder in folders:
        log = read_log(folder)
        if not log.intact:
            warn_not_intact(folder, words("this report may be wrong"), language)
        recorded = with_place(list(newest_revisions(sale for _, sale in log.records)), store, box)
        found += [sale for sale in recorded if sale.opened_at in period]
        latest += [sale.opened_at for sale in recorded if not sale.training]
    sales = sorted((sale for sale in found if not sale.training), key=lambda sale: sale.opened_at)
    return RestrictedSales(sales, len(found) - len(sales), max(latest, default=None))


def warn_not_intact(folder: Path, consequence: Words, language: str) -> None:
    """Print a warning on stderr: the log in this state folder was changed."""
    warning = words(
        "the audit log in {folder} is not intact, so {consequence}; edge-agent report verify --state-dir {folder} "
        "lists the problems",
        folder=folder,
        consequence=consequence,
    )
    print(f"edge-agent: {in_language(warning, language)}", file=sys.stderr)


def restricted_sales_headline(period: Period, sales: int, lanes: Collection[LanePlace]) -> Words:
    """One line: the period, the number of sales, and the lanes they come from. Stores are named, and lanes only
    counted, if there are several stores."""
    lanes = lanes_of(lanes)
    found, stores = {"period": period.words, "sales": in_groups(sales)}, sorted({store for store, *_ in lanes})
    if len(stores) > 1:
        return words(
            "Restricted sales {period}: {sales}. Stores: {stores}. Lanes: {lanes}.",
            stores=", ".join(stores), lanes=len(lanes), **found,
        )  # fmt: skip
    if lanes:
        names = ", ".join(sorted(map(names_of(lanes), lanes)))
        return words("Restricted sales {period}: {sales}. Lanes: {lanes}.", lanes=names, **found)
    return words("Restricted sales {period}: {sales}.", **found)


def nothing_yet(latest: datetime | None) -> Words:
    """Why a report has no sales, and when it will. latest: when the newest recorded sale was opened, if any was."""
    if latest:
        return words("The newest recorded sale is of {latest}: choose another --since or --until.", latest=latest)
    return words(
        "No restricted sale was ever recorded here. A sale is recorded as soon as its till closes it: come back after "
        "the next sale of alcohol. If it is not here then, edge-agent doctor finds out why."
    )


def not_asked_warnings(sales: int) -> list[Words]:
    """What must be said first about restricted goods that the till never reported. sales: how many have some."""
    if not sales:
        return []
    return [
        counted(
            "Restricted goods were sold that the till never reported: {n} sale. This is what a wrong or dishonest "
            "set-up of a till looks like; edge-agent report sales --only not-asked lists them.",
            "Restricted goods were sold that the till never reported: {n} sales. This is what a wrong or dishonest "
            "set-up of a till looks like; edge-agent report sales --only not-asked lists them.",
            sales,
        )
    ]


def after_failed_check_warnings(sales: int) -> list[Words]:
    """What must be said first about goods that a customer got in spite of the check. sales: how many."""
    if not sales:
        return []
    return [
        counted(
            "{n} sale was completed although the check failed or no document was shown; edge-agent report sales "
            "--only sold-after-failed-check lists it.",
            "{n} sales were completed although the check failed or no document was shown; edge-agent report sales "
            "--only sold-after-failed-check lists them.",
            sales,
        )
    ]


def training_notes(sales: int) -> list[Words]:
    """What must be said about exercises. sales: how many were left out."""
    if not sales:
        return []
    return [counted("{n} training sale is left out.", "{n} training sales are left out.", sales)]
