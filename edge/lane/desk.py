"""What the agent owes its tills: answers, alerts until they are confirmed, its health, and a record of every sale."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from edge.decision.policy import Decision, Reason
from edge.lane.counts import AnswerCounts
from edge.lane.events import announce
from edge.lane.health import LaneHealth
from edge.lane.outcomes import NOBODY, Closed, OutgoingMessage
from edge.lane.recorder import Recorder
from edge.till.keys import NO_NAME, is_till_name
from edge.till.messages import MESSAGES, Ack, Alert, Data, Error, Event, Health, Hello, Offer, State, parse, wrap
from edge.timings import Timings

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.lane.events import EventLog
    from edge.lane.lane import Lane
    from edge.lane.outcomes import Outcome
    from edge.settings.config import Settings
    from edge.till.identity import Identity
    from edge.till.messages import ErrorCode
    from edge.till.server import TillServer

HEALTH_EVERY_S = 1.0
FORGET_S = 10.0
"""A till that is there answers every `lane.health`; one that has been silent for so long has gone."""
_MOST_ANSWERS = 512
"""So many answers are remembered for tills that repeat a message because the answer was lost."""


class TillDesk:
    """Stands between a lane and the sockets. Call everything from one thread; times are those of the frames' clock."""

    def __init__(
        self, settings: Settings, lane: Lane, identity: Identity, events: EventLog, server: TillServer, now_s: float,
        health: Callable[[], LaneHealth] = LaneHealth, announce: Callable[[Alert], None] = announce,
    ) -> None:  # fmt: skip
        """Goes on with the sale that was open when the agent stopped. health: what ails all but the record of sales.
        announce: tells people of an alert. Raises UsageError when another agent runs on the same state folder; a folder
        that cannot be written only makes the answers UNKNOWN."""
        self._settings, self._lane, self._identity, self._health = settings, lane, identity, health
        self._events, self._server, self._announce = events, server, announce
        self._agent_id = identity.new_id()
        self._recorder = Recorder(settings, lane, identity, now_s)
        self._answers: OrderedDict[tuple[str, str], Event] = OrderedDict()
        self._heard_s: dict[bytes, float] = {}
        self._since_s: dict[str, dict[str, float]] = {}
        self._health_s = -HEALTH_EVERY_S
        self.counts, self.timings = AnswerCounts(), Timings()

    @property
    def health(self) -> LaneHealth:
        """What ails the lane. This and what follows may be asked from any thread."""
        return self._health().with_problem("record", self._recorder.problem)

    @property
    def tills(self) -> int:
        """How many tills are there."""
        return len(self._server.tills)

    @property
    def refused(self) -> dict[str, int]:
        """Messages and connections that were refused, by reason."""
        return self._server.refused_by_reason

    @property
    def on_their_way(self) -> int:
        """Alerts that no till has confirmed yet."""
        return self._recorder.outbox.on_their_way if self._recorder.outbox else 0

    @property
    def overdue(self) -> int:
        """Alerts that expired before their till had them."""
        return self._recorder.outbox.overdue if self._recorder.outbox else 0

    def serve(self, now_s: float) -> None:
        """Hear what the tills have said, and send what is due."""
        for identity, message in self._server.poll():
            self._heard_s[identity] = now_s
            if is_till_name(identity):
                self._hear(identity.decode(), message, now_s)
            else:
                self._server.send(identity, self._envelope(Error(code="malformed", text=NO_NAME), now_s))
        if now_s - self._health_s >= HEALTH_EVERY_S:
            self._health_s = now_s
            self._forget_silent(now_s)
            self._recorder.recover(now_s)
            self._send_health(now_s)
            waiting = self._recorder.outbox.waiting if self._recorder.outbox else {}
            self._since_s = {alert_id: since_s for alert_id, since_s in self._since_s.items()
                             if alert_id in waiting and not waiting[alert_id].expired}  # fmt: skip
        self._recorder.expire(now_s)
        self._send_due(now_s)

    def pass_on(self, outcomes: list[Outcome], now_s: float, asker: str | None = None) -> Event | None:
        """Keep what must be kept, then tell what there is to tell; returns the answer that the asker got."""
        told = [(one.data, self._envelope(one.data, now_s), one.only_to_asker)
                for one in outcomes if isinstance(one, OutgoingMessage)]  # fmt: skip
        alerts = [(data, event) for data, event, _ in told if isinstance(data, Alert)]
        closed = [one for one in outcomes if isinstance(one, Closed)]
        stored = self._recorder.keep(closed, alerts)
        for one in closed:
            self.counts.closed(one.record, one.offer)
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
            if isinstance(data, Offer):
                continue
            self._server.publish(f"lane.{'state' if isinstance(data, State) else 'alert'}.{self._settings.lane}", event)
            if isinstance(data, Alert):
                self._announce(data)
                self._measure(data, now_s)
                if not stored:
                    self._send(self._recorder.till_of(data), event)
        if alerts:
            self._send_due(now_s)
        # Offers last: whoever is to be asked for ID comes first. They are the till's alone, and on no live channel.
        for data, event, _ in told:
            if isinstance(data, Offer):
                self._send(self._recorder.till_of(data), event)
        return answer

    @property
    def unconfirmed(self) -> bool:
        """Whether a till that is there has not confirmed something that it was told."""
        if not (outbox := self._recorder.outbox):
            return False
        return any(one.till.encode() in self._server.tills and not one.expired for one in outbox.waiting.values())

    def close(self) -> None:
        self._recorder.close()

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
        if isinstance(content, Ack) and content.alert_id:
            self._confirm(till, content.alert_id, now_s)
        answer = self.pass_on(outcomes, now_s, till)
        if answer:
            self._answers[till, message.id] = answer
            if len(self._answers) > _MOST_ANSWERS:
                self._answers.popitem(last=False)
        if isinstance(content, Hello):
            self._welcome(till, now_s)

    def _measure(self, alert: Alert, now_s: float) -> None:
        """Count an answer, and note since when there was to be one."""
        self.counts.told(alert)
        record = self._lane.open_record
        if not record or record.sale_id != alert.sale_id:
            return
        since_s = self._since_s[alert.alert_id] = {}
        if record.restricted_at and len(record.alerts) == 1:
            since_s["scan to ack"] = now_s - (alert.issued_at - record.restricted_at).total_seconds()
        # What a dead camera saw last has decided nothing.
        if alert.grab_to_alert_ms is not None and Reason.CAMERA_LOST not in alert.reasons:
            since_s["grab to ack"] = now_s - alert.grab_to_alert_ms / 1000

    def _confirm(self, till: str, alert_id: str, now_s: float) -> None:
        """A till has an alert, or knows that it expired."""
        if self._recorder.confirm(till, alert_id):
            for span, since_s in self._since_s.pop(alert_id, {}).items():
                self.timings.add(span, (now_s - since_s) * 1000)

    def _welcome(self, till: str, now_s: float) -> None:
        """A till is there, or back: it gets what waits for it, and learns what it missed."""
        outbox = self._recorder.outbox
        if not outbox:
            return
        outbox.hurry(till)
        for alert_id, sale_id in outbox.expired_for(till):
            text = f"an alert about sale {sale_id} came too late and must not be shown"
            self._refuse(till, Error(code="expired", text=text, alert_id=alert_id, sale_id=sale_id), now_s)

    def _send_due(self, now_s: float) -> None:
        if outbox := self._recorder.outbox:
            for identity in self._server.tills:
                for event in outbox.due(identity.decode(), now_s):
                    self._server.send(identity, parse(event.encode()))

    def _forget_silent(self, now_s: float) -> None:
        """Send nothing to tills that have gone; they are welcome when they speak again."""
        for identity, heard_s in list(self._heard_s.items()):
            if now_s - heard_s > FORGET_S:
                del self._heard_s[identity]
                self._server.forget(identity)

    def _send_health(self, now_s: float) -> None:
        found = self.health
        health = Health(
            lane=self._settings.lane,
            agent=self._agent_id,
            status=found.status,
            problems=tuple(problem.text for problem in found.problems),
        )
        event = self._envelope(health, now_s)
        for identity in self._server.tills:
            self._server.send(identity, event)

    def _refuse(self, till: str, error: Error, now_s: float) -> None:
        self._send(till, self._envelope(error, now_s))

    def _send(self, till: str, event: Event) -> None:
        if till != NOBODY:
            self._server.send(till.encode(), event)

    def _envelope(self, data: Data, now_s: float) -> Event:
        return envelope(data, self._settings.lane, self._identity, now_s)


def envelope(data: Data, lane: str, identity: Identity, now_s: float) -> Event:
    """A message of the agent as a CloudEvent."""
    return wrap(data, id=identity.new_id(), source=f"/edge-agent/{lane}", time=identity.wall_time(now_s))
