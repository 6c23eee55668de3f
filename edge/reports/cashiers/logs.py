"""Reads lanes' audit logs, while the lanes may go on writing them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.records.audit import Audit, Head
from edge.records.database import Database

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge.records.records import SaleRecord


@dataclass(frozen=True, slots=True)
class Log:
    """records: those that can be read, oldest first. whole: whether the chain is. pruned: the newest record that was
    removed because of its age."""

    records: Sequence[tuple[Head, SaleRecord]]
    whole: bool
    pruned: Head


def read_log(folder: Path) -> Log:
    """The log in a state folder, as it is at one moment. Raises StoreError."""
    with closing(Database(folder, read_only=True)) as database, database.snapshot():
        audit = Audit(database)
        return Log(list(audit.records()), not audit.verify(), audit.pruned)
