"""Keeps what a lane must not forget, as well as the disk allows; while it does not, the lane's answers are UNKNOWN."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from edge.lane.ledger import Ledger
from edge.lane.outcomes import NOBODY
from edge.offers.results import result_of
from edge.purchases.catalogue import load_catalogue
from edge.purchases.goods import restricted_names
from edge.purchases.purchases import purchase_of
from edge.records.database import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.lane.lane import Lane
    from edge.lane.outcomes import Closed
    from edge.records.outbox import Outbox
    from edge.settings.config import Settings
    from edge.till.identity import Identity
    from edge.till.messages import Alert, Event, Offer

log = logging.getLogger(__name__)

PRUNE_EVERY_S = 24 * 3600.0
_MOST_UNSAVED = 1000
"""So many closed sales wait in memory for a disk that is full or read-only."""


class Recorder:
    """The lane's ledger, and what to do without one. Times are those of the frames' clock."""

    def __init__(self, settings: Settings, lane: Lane, identity: Identity, now_s: float) -> None:
        """Goes on with the sale that was open when the agent stopped. Raises UsageError when another agent runs on the
        same state folder; a folder that cannot be written is tried again with every `recover`."""
        self._settings, self._lane, self._identity = settings, lane, identity
        self._ledger: Ledger | None = None
        self._unsaved: list[Closed] = []
        self._catalogue = load_catalogue(settings.insights.catalogue)
        self._pruned_s = -PRUNE_EVERY_S
        self.problem = ""
        """What keeps the record from being kept; empty while it is."""
        self._open(now_s)

    @property
    def outbox(self) -> Outbox | None:
        """The alerts on their way; None while there was no disk yet."""
        return self._ledger.outbox if self._ledger else None

    def keep(self, closed: list[Closed], alerts: list[tuple[Alert, Event]]) -> bool:
        """Write what must outlive a crash: closed sales, alerts for tills, and how far the open sale has come. False
        when that cannot be done."""
        if self._ledger and not self.problem:
            if not closed and not alerts and self._ledger.holds(self._lane.open_record):
                return True
            with self._writing() as ledger:
                for one in closed:
                    self._close(ledger, one)
                for alert, event in alerts:
                    if till := self.till_of(alert):
                        expires_at = alert.expires_at.timestamp()
                        ledger.outbox.put(alert.alert_id, alert.sale_id, till, event.to_json(), expires_at)
            if not self.problem:
                return True
        self._unsaved = (self._unsaved + closed)[-_MOST_UNSAVED:]
        return False

    def confirm(self, till: str, alert_id: str) -> bool:
        """A till has an alert, or knows that it expired; whether that was being waited for."""
        awaited = False
        if self._ledger:
            with self._writing() as ledger:
                awaited = ledger.outbox.confirm(till, alert_id)
        return awaited

    def expire(self, now_s: float) -> None:
        """What was not confirmed in time is shown to nobody any more."""
        if self._ledger and not self.problem:
            with self._writing() as ledger:
                for alert_id in ledger.outbox.expire(self._identity.wall_time(now_s).timestamp()):
                    self._lane.expired(alert_id)

    def recover(self, now_s: float) -> None:
        """Try the disk again after a failure, and remove once a day what is too old to keep."""
        if not self._ledger:
            self._open(now_s)
        if not self._ledger:
            return
        if self.problem:
            self.problem = ""
            with self._writing() as ledger:
                for one in self._unsaved:
                    self._close(ledger, one)
            if not self.problem:
                self._unsaved, self._lane.recording = [], True
                log.info("the record is kept again")
        elif now_s - self._pruned_s >= PRUNE_EVERY_S:
            self._pruned_s = now_s
            keep = timedelta(days=self._settings.audit.keep_days)
            with self._writing() as ledger:
                if removed := ledger.prune(self._identity.wall_time(now_s) - keep):
                    log.info("audit: %d records older than %d days removed", removed, keep.days)

    def till_of(self, told: Alert | Offer) -> str:
        """The till that an alert or an offer is for; NOBODY when the zone opened its sale."""
        record = self._lane.open_record
        return record.till if record and record.sale_id == told.sale_id else NOBODY

    def close(self) -> None:
        if self._ledger:
            self._ledger.shut()

    @contextmanager
    def _writing(self) -> Iterator[Ledger]:
        """One change of the ledger, with the open sale in it. A disk that does not let us is noted, and no error."""
        assert self._ledger
        try:
            with self._ledger.changes():
                yield self._ledger
                self._ledger.save(self._lane.open_record)
        except StoreError as problem:
            self._fail(problem)

    def _close(self, ledger: Ledger, closed: Closed) -> None:
        ledger.close(closed.record)
        if not (bought := ledger.bought):
            return
        insights = self._settings.insights
        if purchase := purchase_of(closed.record, closed.basket, closed.age, insights, self._catalogue):
            bought.purchases.add(purchase)
        if result := result_of(closed.record, closed.offer, insights.store):
            bought.offers.add(result)
        bought.restricted.add(restricted_names(closed.basket or (), self._catalogue))

    def _fail(self, problem: StoreError) -> None:
        if self._lane.recording:
            log.error("%s; until then every answer is UNKNOWN", problem)
        self.problem, self._lane.recording = str(problem), False

    def _open(self, now_s: float) -> None:
        try:
            self._ledger = Ledger(self._settings.state_dir, keep_purchases=self._settings.insights.enabled)
            if self._ledger.bought:
                self._lane.restricted |= self._ledger.bought.restricted.names()
            sales = self._ledger.open_sales()
            with self._ledger.changes():
                for record in sales[:-1]:
                    self._ledger.close(record.model_copy(update={"ended": "abandoned"}))
            if self._lane.open_record is None:
                self._lane.resume(sales[-1] if sales else None, self._ledger.last_closed(), now_s)
        except StoreError as problem:
            self._fail(problem)
