"""A log of eight sales, one a day, and fixtures that tamper with its file. Its first row is a mark: the sale of day 1
is record 2."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Protocol

import pytest

from edge.records.audit import Audit
from edge.records.chain import chained
from edge.records.database import Database
from edge.records.records import SaleRecord
from tests.edge.clocks import always

NOON = datetime(2024, 11, 1, 12, 0, tzinfo=timezone.utc)


def sale_of(day: int) -> SaleRecord:
    """The sale of a day; days count from 1."""
    return SaleRecord(
        sale_id=f"sale-{day}", lane="lane-1", till="till-1", opened_at=NOON + timedelta(days=day - 1), model="0123",
        config="4567", closed_by="anna", ended="completed",
    )  # fmt: skip


@pytest.fixture(scope="session")
def noon() -> datetime:
    """When the first sale was opened."""
    return NOON


@contextmanager
def eight_sales(folder: Path) -> Iterator[Database]:
    """A database with eight sales in a folder."""
    with closing(Database(folder)) as database:
        for day in range(1, 9):
            Audit(database).append(sale_of(day), 0.0)
        yield database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with eight_sales(tmp_path) as database:
        yield database


@pytest.fixture
def audit(database: Database) -> Audit:
    return Audit(database)


@pytest.fixture
def hashes(database: Database) -> list[str]:
    """The hashes of the mark and the eight records."""
    return [str(written) for (written,) in database.rows("SELECT hash FROM audit ORDER BY number")]


KEEP_DAYS = 30


def prune(audit: Audit, until: datetime) -> int:
    """Remove what was opened before a time, as an agent does that keeps records for 30 days; the believed time is that
    of the dates."""
    return audit.prune(until + timedelta(days=KEEP_DAYS), KEEP_DAYS, always)


def forged(number: int, before: str) -> tuple[str, str]:
    """A forged record for a number, and its valid hash. before: as in the row."""
    text = sale_of(number - 1).model_copy(update={"closed_by": "boris"}).model_dump_json()
    return text, chained(before, number, text)


class Tamper(Protocol):
    """Executes SQL statements on the file without the triggers that protect it."""

    def __call__(self, *statements: str) -> None: ...


@pytest.fixture
def tamper(database: Database) -> Tamper:
    def run(*statements: str) -> None:
        with database.transaction() as connection:
            for trigger in ("audit_is_append_only", "audit_is_pruned_from_its_start"):
                connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
            for statement in statements:
                connection.execute(statement)

    return run
