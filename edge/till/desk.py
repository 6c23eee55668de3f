"""What the agent owes its tills: answers, alerts until they are confirmed, its health, and a record of every sale."""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from datetime import timedelta
from typing import TYPE_CHECKING

from edge.database import StoreError
from edge.events import narrate
from edge.lane import NOBODY, Closed, Told
from edge.ledger import Ledger
from edge.policy import Decision
from edge.till.messages import MESSAGES, Ack, Alert, Data, Error, Event, Health, Hello, State, parse, wrap

if TYPE_CHECKING:
    from edge.config import Settings
    from edge.events import EventLog
    from edge.identity import Identity
    from edge.lane import Lane, Outcome
    from edge.records import SaleRecord
    from edge.till.messages import ErrorCode
    from edge.till.server import TillServer

log = logging.getLogger(__name__)

TILL_NAME = re.compile(rb"[A-Za-z0-9_-]{1,40}")
"""What a till's connection must be called."""

HEALTH_EVERY_S = 1.0
PRUNE_EVERY_S = 24 * 3600.0
_MOST_ANSWERS = 512
"""So many answers are remembered for tills that repeat a message because the answer was lost."""
_MOST_UNSAVED = 1000
"""So many closed sales wait in memory for a disk that is full or read-only."""


class TillDesk:
    """Stands between a lane and the sockets. Call everything from one thread; times are those of the frames' clock."""

    def __init__(
        self, settings: Settings, lane: Lane, identity: Identity, events: EventLog, server: TillServer, now_s: float
    ) -> None:
        """Goes on with the sale that was open when the agent stopped. Raises UsageError when another agent runs on the
        same state folder; a folder that cannot be written only makes the answers UNKNOWN."""
        self._settings, self._lane, self._identity = settings, lane, identity
        self._events, self._server = events, server
        self._agent_id = identity.new_id()
        self._ledger: Ledger | None = None
        self._problem = ""
        self._unsaved: list[SaleRecord] = []
        self._answers: OrderedDict[tuple[str, str], Event] = OrderedDict()
        self._health_s, self._pruned_s = -HEALTH_EVERY_S, -PRUNE_EVERY_S
        self._open_ledger(now_s)

    def serve(self, now_s: float) -> None:
        """Hear what the tills have said, and send what is due."""
        for identity, message in self._server.poll():
            if TILL_NAME.fullmatch(identity):
                self._hear(identity.decode(), message, now_s)
            else:
                text = "a till needs a name: set the socket's identity to 1-40 letters, digits, - or _"
                self._server.send(identity, self._envelope(Error(code="malformed", text=text), now_s))
        if now_s - self._health_s >= HEALTH_EVERY_S:
            self._health_s = now_s
            self._recover(now_s)
            self._send_health(now_s)
        self._expire(now_s)
        self._send_due(now_s)

    def pass_on(self, outcomes: list[Outcome], now_s: float, asker: str | None = None) -> Event | None:
        """Keep what must be kept, then tell what there is to tell; returns the answer that the asker got."""
        told = [(one.data, self._envelope(one.data, now_s), one.only_to_asker)
                for one in outcomes if isinstance(one, Told)]  # fmt: skip
        alerts = [(data, event) for data, event, _ in told if isinstance(data, Alert)]
        stored = self._keep([one.record for one in outcomes if isinstance(one, Closed)], alerts)
        answer = None
        for data, event, only_to_asker in told:
            if only_to_asker:
                answer = event
                self._send(asker or NOBODY, event)
                continue
            if isinstance(data, Alert) and not stored and data.decision is Decision.NO_CHALLENGE:
                # Nothing unrecorded may let anybody pass; the lane says UNKNOWN with its next breath.
                continue
            self._events.write(event)
            self._server.publish(f"lane.{'state' if isinstance(data, State) else 'alert'}.{self._settings.lane}", event)
            if isinstance(data, Alert):
                log.info(narrate(data))
                if not stored:
                    self._send(self._till_of(data), event)
        if alerts:
            self._send_due(now_s)
        return answer

    def close(self) -> None:
        if self._ledger:
            self._ledger.shut()

    def _hear(self, till: str, message: Event | ValueError, now_s: float) -> None:
        if not isinstance(message, Event):
            self._refuse(till, Error(code="malformed", text=str(message)), now_s)
            return
        if known := self._answers.get((till, message.id)):
            self._send(till, known)
            return
        try:
            content = message.content()
        except ValueError as problem:
            code: ErrorCode = "malformed" if message.type in MESSAGES else "unknown-type"
            self._refuse(till, Error(code=code, text=str(problem), message_id=message.id), now_s)
            return
        if isinstance(content, Hello) and content.till != till:
            text = f"this connection is called {till}, and the till in its hello {content.till}: use one name"
            self._refuse(till, Error(code="malformed", text=text, message_id=message.id), now_s)
            return
        outcomes = self._lane.hear(till, message.id, content, now_s)
        if isinstance(content, Ack):
            self._confirm(till, content)
        answer = self.pass_on(outcomes, now_s, till)
        if answer:
            self._answers[till, message.id] = answer
            if len(self._answers) > _MOST_ANSWERS:
                self._answers.popitem(last=False)
        if isinstance(content, Hello):
            self._welcome(till, now_s)

    def _welcome(self, till: str, now_s: float) -> None:
        """A till is there, or back: it gets what waits for it, and learns what it missed."""
        if not self._ledger:
            return
        self._ledger.outbox.hurry(till)
        for alert_id, sale_id in self._ledger.outbox.expired_for(till):
            text = f"an alert about sale {sale_id} came too late and must not be shown"
            self._refuse(till, Error(code="expired", text=text, alert_id=alert_id, sale_id=sale_id), now_s)

    def _confirm(self, till: str, receipt: Ack) -> None:
        if self._ledger and receipt.alert_id:
            try:
                with self._ledger.changes():
                    self._ledger.outbox.confirm(till, receipt.alert_id)
                    self._ledger.save(self._lane.open_record)
            except StoreError as problem:
                self._fail(problem)

    def _keep(self, closed: list[SaleRecord], alerts: list[tuple[Alert, Event]]) -> bool:
        """Write to disk what must outlive a crash; False when that cannot be done."""
        if self._ledger and not self._problem:
            if not closed and not alerts and self._ledger.holds(self._lane.open_record):
                return True
            try:
                with self._ledger.changes():
                    for record in closed:
                        self._ledger.close(record)
                    for alert, event in alerts:
                        if till := self._till_of(alert):
                            expires_at = alert.expires_at.timestamp()
                            self._ledger.outbox.put(alert.alert_id, alert.sale_id, till, event.to_json(), expires_at)
                    self._ledger.save(self._lane.open_record)
                return True
            except StoreError as problem:
                self._fail(problem)
        self._unsaved = (self._unsaved + closed)[-_MOST_UNSAVED:]
        return False

    def _fail(self, problem: StoreError) -> None:
        if not self._problem:
            log.error("%s; until then every answer is UNKNOWN", problem)
        self._problem, self._lane.recording = str(problem), False

    def _recover(self, now_s: float) -> None:
        """Try the disk again after a failure, and remove once a day what is too old to keep."""
        if not self._ledger:
            self._open_ledger(now_s)
        if not self._ledger:
            return
        try:
            if self._problem:
                with self._ledger.changes():
                    for record in self._unsaved:
                        self._ledger.close(record)
                    self._ledger.save(self._lane.open_record)
                self._problem, self._unsaved, self._lane.recording = "", [], True
                log.info("the record is kept again")
            if now_s - self._pruned_s >= PRUNE_EVERY_S:
                self._pruned_s = now_s
                keep = timedelta(days=self._settings.audit.keep_days)
                if removed := self._ledger.prune(self._identity.wall_time(now_s) - keep):
                    log.info("audit: %d records older than %d days removed", removed, keep.days)
        except StoreError as problem:
            self._fail(problem)

    def _open_ledger(self, now_s: float) -> None:
        try:
            self._ledger = Ledger(self._settings.state_dir)
            sales = self._ledger.open_sales()
            with self._ledger.changes():
                for record in sales[:-1]:
                    self._ledger.close(record.model_copy(update={"ended": "abandoned"}))
            if self._lane.open_record is None:
                self._lane.resume(sales[-1] if sales else None, self._ledger.last_closed(), now_s)
        except StoreError as problem:
            self._fail(problem)

    def _expire(self, now_s: float) -> None:
        if not self._ledger or self._problem:
            return
        try:
            with self._ledger.changes():
                for alert_id in self._ledger.outbox.expire(self._identity.wall_time(now_s).timestamp()):
                    self._lane.expired(alert_id)
                self._ledger.save(self._lane.open_record)
        except StoreError as problem:
            self._fail(problem)

    def _send_due(self, now_s: float) -> None:
        if self._ledger:
            for identity in self._server.tills:
                for event in self._ledger.outbox.due(identity.decode("latin-1"), now_s):
                    self._server.send(identity, parse(event.encode()))

    def _send_health(self, now_s: float) -> None:
        problems = [self._problem] if self._problem else []
        if self._lane.blind(now_s):
            problems.append("no picture from the camera")
        health = Health(
            lane=self._settings.lane,
            agent=self._agent_id,
            status="degraded" if problems else "ok",
            problems=tuple(problems),
        )
        event = self._envelope(health, now_s)
        for identity in self._server.tills:
            self._server.send(identity, event)

    def _refuse(self, till: str, error: Error, now_s: float) -> None:
        self._send(till, self._envelope(error, now_s))

    def _till_of(self, alert: Alert) -> str:
        """The till that an alert is for; NOBODY when the zone opened its sale."""
        record = self._lane.open_record
        return record.till if record and record.sale_id == alert.sale_id else NOBODY

    def _send(self, till: str, event: Event) -> None:
        if till != NOBODY:
            self._server.send(till.encode(), event)

    def _envelope(self, data: Data, now_s: float) -> Event:
        return envelope(data, self._settings.lane, self._identity, now_s)


def envelope(data: Data, lane: str, identity: Identity, now_s: float) -> Event:
    """A message of the agent as a CloudEvent."""
    return wrap(data, id=identity.new_id(), source=f"/edge-agent/{lane}", time=identity.wall_time(now_s))
