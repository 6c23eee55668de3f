"""A lane's database: the open sale, unconfirmed alerts, the audit log and, if the shop wants them, purchases."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edge.clock.reading import read_clocks
from edge.errors import UsageError
from edge.language.words import words
from edge.offers.restricted import RestrictedGoods
from edge.offers.results import RESULTS, RESULTS_FOLDER
from edge.offers.store import OfferStore
from edge.purchases.filing import FiledTable
from edge.purchases.parquet import PURCHASES
from edge.purchases.store import PurchaseStore
from edge.records.audit import Audit
from edge.records.believed import open_time, save_time, saved_time
from edge.records.database import Database, StoreError
from edge.records.earlier_layout import remove_old_copies
from edge.records.lock import StateLock
from edge.records.outbox import Outbox
from edge.records.recorded_settings import RecordedSettings
from edge.records.records import SaleRecord
from edge.records.rejected import RejectedStore
from edge.records.schema import IS_SALE
from edge.records.till_clocks import TillClocks
from edge.till.moments import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from edge.clock.reading import Reading
    from edge.records.chain import AnyRecord
    from edge.records.changes import SettingsInForce
    from edge.records.records import RecordKey

SAVE_TIME_EVERY_S = 600.0
"""How often the believed time is saved. A power cut loses what has passed since, or since the last sale."""

_LAST_CLOSED = 64
_IS_SALE = "till = ? AND sale_id = ? AND opened_at = ?"
_SAVE = (
    "INSERT INTO unfinished_sale VALUES (?, ?, ?, ?) "
    "ON CONFLICT (till, sale_id, opened_at) DO UPDATE SET record = excluded.record"
)

log = logging.getLogger(__name__)


FILED_TABLES = (FiledTable(PurchaseStore, PURCHASES), FiledTable(OfferStore, RESULTS, RESULTS_FOLDER))
"""The tables that are filed as Parquet: purchases, and the results of offers in a folder below them."""


class PurchaseTables:
    """The tables of a shop that keeps purchases."""

    def __init__(self, database: Database) -> None:
        self.purchases, self.offers = PurchaseStore(database), OfferStore(database)
        self.restricted = RestrictedGoods(database)


class Ledger:
    """Only one agent at a time may open a lane's database for writing."""

    def __init__(
        self, folder: Path, lane: str, *, keep_purchases: bool = False, reading: Reading | None = None
    ) -> None:  # fmt: skip
        """reading: of the clocks now; default: this box's.

        Raises StoreError when the folder cannot be written, UsageError when another agent uses it, or when it holds
        the records of another lane."""
        with ExitStack() as opened:
            # The lock comes first: a newer agent must not update the tables while an older one uses them.
            opened.callback(StateLock(folder).close)
            self._database = Database(folder)
            opened.callback(self._database.close)
            self._audit = Audit(self._database)
            if (owner := self._audit.lane) not in (None, lane):
                raise UsageError(
                    words(
                        "{folder} holds the records of lane {owner}, and this is lane {lane}: give each lane its own "
                        "state_dir",
                        folder=folder,
                        owner=owner,
                        lane=lane,
                    )
                )
            self._audit.begin(lane)
            self.reading = reading or read_clocks(trusted=False)
            before = saved_time(self._database)
            self.time = open_time(self._database, self.reading)
            """The believed time at the last reading."""
            self.restarted = before is not None and before.boot != self.reading.boot
            """Whether the box has started again since the agent ran last."""
            self._save_time()
            self.outbox = Outbox(self._database)
            self.rejected = RejectedStore(self._database)
            self.till_clocks = TillClocks(self._database)
            self._settings = RecordedSettings(self._database)
            self.purchase_tables = PurchaseTables(self._database) if keep_purchases else None
            """None when the shop keeps no purchases."""
            self._saved: dict[RecordKey, SaleRecord] = {record.key: record for record in self.unfinished()}
            """The unfinished sales as they are on disk."""
            self._opened = opened.pop_all()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes made inside are written at its end, or none of them. Raises StoreError."""
        waiting, saved = self.outbox.pending, self._saved
        try:
            with self._database.transaction():
                yield
        except BaseException:
            self.outbox.pending, self._saved = waiting, saved
            raise

    def unfinished(self) -> list[SaleRecord]:
        """The sales that were open or set aside when the agent stopped, oldest first."""
        return _read(self._database.rows("SELECT record FROM unfinished_sale ORDER BY rowid"))

    def last_closed(self) -> list[SaleRecord]:
        """The last 64 sales of the audit log, oldest first."""
        query = f"SELECT record FROM audit WHERE {IS_SALE} ORDER BY number DESC LIMIT ?"
        rows = self._database.rows(query, _LAST_CLOSED)
        return _read(rows)[::-1]

    def has_saved(self, records: Sequence[SaleRecord]) -> bool:
        """Whether the unfinished sales on disk are exactly these."""
        return len(records) == len(self._saved) and all(self._saved.get(record.key) == record for record in records)

    def save(self, records: Sequence[SaleRecord]) -> None:
        """Make the unfinished sales on disk these. The unconfirmed alerts of sales that are set aside expire."""
        if self.has_saved(records):
            return
        now = {record.key: record for record in records}
        with self._database.transaction() as connection:
            for key in self._saved.keys() - now.keys():
                connection.execute(f"DELETE FROM unfinished_sale WHERE {_IS_SALE}", _named(key))
            for key, record in now.items():
                if self._saved.get(key) != record:
                    connection.execute(_SAVE, (*_named(key), record.model_dump_json()))
                    if record.waiting:
                        self.outbox.close_sale(record.till, record.sale_id)
        self._saved = now

    def close_sale(self, record: SaleRecord) -> None:
        """A sale has ended: its unconfirmed alerts expire. If something restricted was scanned or sold, the record is
        appended to the audit log."""
        with self._database.transaction():
            self.outbox.close_sale(record.till, record.sale_id)
            if record.restricted_at is not None or record.ended == "not-asked":
                self._append(record)

    def note_settings(self, settings: SettingsInForce) -> None:
        """Settings have taken effect: if they differ from those that were recorded last, append the change to the audit
        log."""
        if change := settings.change_from(self._settings.values()):
            with self._database.transaction():
                self._append(change)
                self._settings.put(settings.values)

    def follow(self, reading: Reading) -> None:
        """Follow the clocks. Raises StoreError."""
        before, self.reading, self.time = self.time, reading, self.time.read(reading)
        if self.time.doubt != before.doubt or self.time.now_s - self._saved_s >= SAVE_TIME_EVERY_S:
            self._save_time()

    def prune(self, keep_days: int) -> int:
        """Remove audit records that were written more than `keep_days` ago, in believed time; returns how many. None
        while the clock is in doubt. Also removes copies of the database that an update left."""
        if self.time.doubt:
            return 0
        before, time, wall_s = self._audit.head, self.time, self.reading.wall_s
        with suppress(OSError):
            remove_old_copies(self._database.file, wall_s)
        self._audit.estimate_times(wall_s, time.now_s)
        now = datetime.fromtimestamp(wall_s, timezone.utc)
        removed = self._audit.prune(now, keep_days, lambda written_s: time.is_old(written_s, keep_days))
        if (head := self._audit.head) != before:
            log.info("audit: mark %d, %s", head.number, head.hash)
        return removed

    def close(self) -> None:
        with suppress(StoreError):
            self._save_time()
        self._opened.close()

    def _append(self, record: AnyRecord) -> None:
        head = self._audit.append(record, self.time.now_s)
        # No record may be newer than the time that a power cut leaves.
        self._save_time()
        # Logged too, so that an audit log that was cut short or replaced differs from the system's log.
        log.info("audit: record %d, %s", head.number, head.hash)

    def _save_time(self) -> None:
        save_time(self._database, self.time)
        self._saved_s = self.time.now_s


def _named(key: RecordKey) -> tuple[str, str, str]:
    """Till, sale id and opening of a sale, as columns."""
    _, till, sale_id, opened_at = key
    return till, sale_id, rfc3339(opened_at)


def _read(rows: list[tuple[object, ...]]) -> list[SaleRecord]:
    """Records from JSON. Unreadable ones are logged and skipped: `report verify` reports them, the lane goes on."""
    records = []
    for (text,) in rows:
        try:
            records.append(SaleRecord.model_validate_json(str(text)))
        except ValidationError:
            log.warning("a sale record in the database cannot be read: run edge-agent report verify")
    return records
