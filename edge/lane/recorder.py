"""Writes a lane's sales and alerts to disk. While the disk fails, the lane answers UNKNOWN and sales wait in memory."""

from __future__ import annotations

import logging
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING

from edge.clock.words import problem as clock_problem
from edge.lane.ledger import Ledger
from edge.offers.results import result_of
from edge.purchases.catalogue import load_catalogue
from edge.purchases.goods import restricted_names
from edge.purchases.purchases import purchase_of
from edge.records.database import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge.clock.reading import Reading
    from edge.lane.lane import Lane
    from edge.lane.outcomes import Closed
    from edge.lane.skews import TillSkews
    from edge.records.changes import SettingsInForce
    from edge.records.outbox import Outbox
    from edge.settings.config import Settings
    from edge.till.envelope import Event
    from edge.till.identity import Identity
    from edge.till.messages import Alert
    from edge.till.rejections import Rejections

log = logging.getLogger(__name__)

PRUNE_EVERY_S = 24 * 3600.0
NOTE_EVERY_S = 10.0
_MOST_UNSAVED = 1000
"""At most this many closed sales wait in memory for the disk; the oldest are dropped first."""


class Recorder:
    """Uses the lane's ledger and handles its failures. Times are those of the frames' clock."""

    def __init__(self, settings: Settings, lane: Lane, identity: Identity, now_s: float) -> None:
        """Continues the sale that was open when the agent stopped. Raises UsageError when another agent uses the same
        state folder, or when it holds another lane's records. A folder that cannot be written is retried with every
        `recover`."""
        self._settings, self._lane, self._identity = settings, lane, identity
        self._ledger: Ledger | None = None
        self._unsaved: list[Closed] = []
        self._unsaved_settings: list[SettingsInForce] = []
        self._catalogue = load_catalogue(settings.insights.catalogue)
        self._pruned_s = -PRUNE_EVERY_S
        self._noted_s = -NOTE_EVERY_S
        self.problem = ""
        """Why nothing can be recorded; empty while recording works."""
        self._followed_s = now_s
        self.clock_problem = ""
        """Why the box's clock is not believed; empty if it is, and while a time server may still set it."""
        self._open(now_s)

    @property
    def outbox(self) -> Outbox | None:
        """Unconfirmed alerts; None while the folder has never been writable."""
        return self._ledger.outbox if self._ledger else None

    def record(self, closed: list[Closed], alerts: list[tuple[Alert, Event]], now_s: float) -> bool:
        """Write what must survive a crash: closed sales, alerts for tills, and the unfinished sales. Returns
        whether that succeeded."""
        if self._ledger and not self.problem:
            if not closed and not alerts and self._ledger.has_saved(self._lane.unfinished):
                return True
            with self._writing() as ledger:
                for sale in closed:
                    self._close_sale(ledger, sale)
                for alert, event in alerts:
                    if alert.till:
                        expires_at = self._time_s(ledger, now_s) + self._settings.till.alert_expires_s
                        ledger.outbox.add(alert.alert_id, alert.sale_id, alert.till, event.to_json(), expires_at)
            if not self.problem:
                return True
        self._unsaved = (self._unsaved + closed)[-_MOST_UNSAVED:]
        return False

    def confirm(self, till: str, alert_id: str) -> bool:
        """A till has an alert, or knows that it expired. Returns whether its confirmation was awaited."""
        awaited = False
        if self._ledger:
            with self._writing() as ledger:
                awaited = ledger.outbox.confirm(till, alert_id)
        return awaited

    def expire(self, now_s: float) -> None:
        """Mark alerts as expired whose time is over, whatever the wall clock shows; they are not sent any more. None
        outlives a start of the box: nobody knows how long it was off."""
        if self._ledger and not self.problem:
            with self._writing() as ledger:
                time_s = math.inf if ledger.restarted else self._time_s(ledger, now_s)
                for alert_id in ledger.outbox.expire(time_s):
                    self._lane.alert_expired(alert_id)
            self._ledger.restarted = self._ledger.restarted and bool(self.problem)

    def recover(self, now_s: float) -> None:
        """Follow the clocks, and retry the disk after a failure. Once a day remove records older than
        `audit.keep_days`, if the clock can be believed."""
        if not self._ledger:
            self._open(now_s)
        if not self._ledger:
            return
        with self._writing() as ledger:
            ledger.follow(self._reading(now_s))
            self._followed_s = now_s
        self._report_clock(self._ledger)
        if self.problem:
            self.problem = ""
            with self._writing() as ledger:
                for sale in self._unsaved:
                    self._close_sale(ledger, sale)
                for settings in self._unsaved_settings:
                    ledger.note_settings(settings)
            if not self.problem:
                self._unsaved, self._unsaved_settings = [], []
                self._lane.set_recording(True)
                log.info("sales are recorded again")
        elif now_s - self._pruned_s >= PRUNE_EVERY_S and not self._ledger.time.doubt:
            self._pruned_s = now_s
            keep_days = self._settings.audit.keep_days
            with self._writing() as ledger:
                if removed := ledger.prune(keep_days):
                    log.info("audit: %d records older than %d days removed", removed, keep_days)

    def note_settings(self, settings: SettingsInForce) -> None:
        """Settings have taken effect. While the disk fails, the change waits in memory like a sale."""
        if self._ledger and not self.problem:
            with self._writing() as ledger:
                ledger.note_settings(settings)
        if not self._ledger or self.problem:
            self._unsaved_settings = [*self._unsaved_settings, settings][-_MOST_UNSAVED:]

    def note_rejected(self, rejections: Rejections, now_s: float) -> None:
        """Write what tills have sent in vain, for the doctor; every NOTE_EVERY_S at most, so that a flood does not keep
        the disk busy."""
        if not self._ledger or self.problem or now_s - self._noted_s < NOTE_EVERY_S:
            return
        if notes := rejections.take_notes():
            self._noted_s = now_s
            with self._writing() as ledger:
                ledger.rejected.add(notes, self._identity.wall_time(now_s), ledger.time.now_s)

    @property
    def clock_believed(self) -> bool:
        """Whether the box's clock can be believed now."""
        return self._ledger is not None and self._ledger.time.doubt is None

    def _time_s(self, ledger: Ledger, now_s: float) -> float:
        """The believed time at `now_s`, which is after the last reading."""
        return ledger.time.now_s + now_s - self._followed_s

    def _report_clock(self, ledger: Ledger) -> None:
        self._lane.set_clock_believed(ledger.time.doubt is None)
        text = clock_problem(ledger.time, ledger.reading)
        if text and not self.clock_problem:
            log.warning("%s", text)
        elif self.clock_problem and not text:
            log.info("the clock can be believed again")
        self.clock_problem = text

    def note_till_clocks(self, skews: TillSkews) -> None:
        """Write how far the clocks of tills are off, for the doctor."""
        if self._ledger and not self.problem and (changed := skews.take_changed()):
            with self._writing() as ledger:
                ledger.till_clocks.put(changed)

    def close(self) -> None:
        if self._ledger:
            self._ledger.close()

    @contextmanager
    def _writing(self) -> Iterator[Ledger]:
        """One transaction on the ledger, which also saves the unfinished sales. A failing disk is noted in `problem`
        and raises nothing."""
        assert self._ledger
        try:
            with self._ledger.transaction():
                yield self._ledger
                self._ledger.save(self._lane.unfinished)
        except StoreError as problem:
            self._fail(problem)

    def _close_sale(self, ledger: Ledger, closed: Closed) -> None:
        ledger.close_sale(closed.record)
        # A revised record repeats a sale whose purchase is filed already.
        if not (tables := ledger.purchase_tables) or closed.record.training or closed.record.revision:
            return
        store, insights = self._settings.store, self._settings.insights
        if purchase := purchase_of(closed.record, closed.basket, closed.age, store, insights, self._catalogue):
            tables.purchases.add(purchase)
        if result := result_of(closed.record, closed.offer, store):
            tables.offers.add(result)
        tables.restricted.add(restricted_names(closed.basket or (), self._catalogue))

    def _reading(self, now_s: float) -> Reading:
        return self._identity.reading(now_s, trusted=self._settings.clock.trusted)

    def _fail(self, problem: StoreError) -> None:
        if self._lane.recording:
            log.error("%s; until this is fixed every answer is UNKNOWN", problem)
        self.problem = str(problem)
        self._lane.set_recording(False)

    def _open(self, now_s: float) -> None:
        try:
            settings = self._settings
            self._ledger = Ledger(
                settings.state_dir, settings.lane, keep_purchases=settings.insights.enabled,
                reading=self._reading(now_s),
            )  # fmt: skip
            self._followed_s = now_s
            self._lane.set_clock_believed(self.clock_believed)
            if tables := self._ledger.purchase_tables:
                self._lane.add_restricted(tables.restricted.names())
            self._lane.resume(self._ledger.unfinished(), self._ledger.last_closed(), now_s)
        except StoreError as problem:
            self._fail(problem)
