"""What a lane keeps on disk: the open sale, the alerts on their way, the audit log and, where the shop wants them, the
purchases; each change whole or not at all."""

from __future__ import annotations

import fcntl
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edge.errors import UsageError
from edge.offers.restricted import RestrictedGoods
from edge.offers.results import RESULTS, RESULTS_FOLDER
from edge.offers.store import OfferStore
from edge.purchases.filing import Filed
from edge.purchases.parquet import PURCHASES
from edge.purchases.store import PurchaseStore
from edge.records.audit import Audit
from edge.records.database import Database
from edge.records.outbox import Outbox
from edge.records.records import SaleRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_NEWEST = 64

log = logging.getLogger(__name__)


FILED = (Filed(PurchaseStore, PURCHASES), Filed(OfferStore, RESULTS, RESULTS_FOLDER))
"""Which of these tables are filed, and where: purchases, and below them the results of offers."""


class PurchaseTables:
    """What a shop that wants purchases keeps beside its sales."""

    def __init__(self, database: Database) -> None:
        self.purchases, self.offers = PurchaseStore(database), OfferStore(database)
        self.restricted = RestrictedGoods(database)


class Ledger:
    """The lane's database, opened by the one agent that may write it."""

    def __init__(self, folder: Path, *, keep_purchases: bool = False) -> None:
        """Raises StoreError when the folder cannot be written, UsageError when another agent uses it."""
        self._database = Database(folder)
        self._lock = (folder / "lane.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._database.close()
            self._lock.close()
            raise UsageError(f"another edge-agent uses {folder}: give each lane its own state_dir") from None
        self._audit = Audit(self._database)
        self.outbox = Outbox(self._database)
        self.bought = PurchaseTables(self._database) if keep_purchases else None
        self._saved: SaleRecord | None = None

    @contextmanager
    def changes(self) -> Iterator[None]:
        """All that is kept inside is written at the end, or none of it. Raises StoreError."""
        waiting, saved = self.outbox.waiting, self._saved
        try:
            with self._database.transaction():
                yield
        except BaseException:
            self.outbox.waiting, self._saved = waiting, saved
            raise

    def open_sales(self) -> list[SaleRecord]:
        """The sales that were open when the agent stopped, oldest first."""
        return _read(self._database.rows("SELECT record FROM sale ORDER BY rowid"))

    def last_closed(self) -> list[SaleRecord]:
        """The newest records of the audit log, oldest first."""
        rows = self._database.rows("SELECT record FROM audit ORDER BY number DESC LIMIT ?", _NEWEST)
        return _read(rows)[::-1]

    def holds(self, record: SaleRecord | None) -> bool:
        """Whether the open sale is on disk as it is now."""
        return record is None or record == self._saved

    def save(self, record: SaleRecord | None) -> None:
        """Note how far the open sale has come. Written only when it has changed."""
        if record is None or self.holds(record):
            return
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO sale VALUES (?, ?) ON CONFLICT (sale_id) DO UPDATE SET record = excluded.record",
                (record.sale_id, record.model_dump_json()),
            )
        self._saved = record

    def close(self, record: SaleRecord) -> None:
        """A sale is over: what is left of its alerts expires, and if something restricted was scanned, the audit log
        gets its record."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sale WHERE sale_id = ?", (record.sale_id,))
            self.outbox.close_sale(record.sale_id)
            if record.restricted_at is not None:
                head = self._audit.append(record)
                # Noted outside the file, so that a log that was cut short or made anew can be told from the real one.
                log.info("audit: record %d, %s", head.number, head.hash)

    def prune(self, older_than: datetime) -> int:
        """Remove audit records opened before; returns how many."""
        return self._audit.prune(older_than)

    def shut(self) -> None:
        self._database.close()
        self._lock.close()


def _read(rows: list[tuple[object, ...]]) -> list[SaleRecord]:
    """Records from their JSON. One that was tampered with is left to `report verify`; it must not stop the lane."""
    records = []
    for (text,) in rows:
        try:
            records.append(SaleRecord.model_validate_json(str(text)))
        except ValidationError:
            log.warning("a sale record in the database cannot be read: run edge-agent report verify")
    return records
