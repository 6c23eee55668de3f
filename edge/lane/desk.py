"""Serves the tills of a lane: replies, alerts until they are confirmed, offers, health, and a record of every sale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.decision.policy import Decision
from edge.lane.answer_times import AnswerTimes
from edge.lane.counts import AnswerCounts
from edge.lane.health import LaneHealth
from edge.lane.listeners import Listeners
from edge.lane.outcomes import NO_TILL, Closed
from edge.lane.outgoing import with_dropped
from edge.lane.recorder import Recorder
from edge.lane.replies import SentReplies
from edge.lane.skews import TillSkews
from edge.till.envelope import Event, parse
from edge.till.keys import NO_NAME, is_till_name
from edge.till.messages import Ack, Alert, AlertWithdrawn, Error, Health, Hello, Offer
from edge.till.reading import ReceivedMessage

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.lane.lane import Lane
    from edge.lane.outcomes import Outcome
    from edge.lane.publisher import Publisher, WrappedMessage
    from edge.records.changes import SettingsInForce
    from edge.settings.config import Settings
    from edge.till.identity import Identity
    from edge.till.rejections import RejectionReason, Rejections
    from edge.till.server import TillServer
    from edge.timings import Timings

HEALTH_EVERY_S = 1.0
FORGET_S = 10.0
"""A connected till answers every `lane.health`; one that has been silent for this long is gone."""


class TillDesk:
    """Stands between a lane and the sockets. Use it from one thread; times are those of the frames' clock."""

    def __init__(
        self, settings: Settings, lane: Lane, identity: Identity, publisher: Publisher, server: TillServer,
        now_s: float, health: Callable[[], LaneHealth] = LaneHealth,
    ) -> None:  # fmt: skip
        """Continues the sale that was open when the agent stopped. health: of everything but the record of sales.
        Raises UsageError when another agent uses the same state folder; while that folder cannot be written, the
        answers are UNKNOWN."""
        self._settings, self._lane, self._health = settings, lane, health
        self._publisher, self._server = publisher, server
        self._agent_id = identity.new_id()
        self._recorder = Recorder(settings, lane, identity, now_s)
        self._replies = SentReplies()
        self._last_message_s: dict[bytes, float] = {}
        self._health_s = -HEALTH_EVERY_S
        self._times = AnswerTimes()
        self._skews = TillSkews()
        self._listeners = Listeners(publisher, self._send)
        self.counts = AnswerCounts()

    @property
    def health(self) -> LaneHealth:
        """The lane's problems. This and the other properties may be read from any thread."""
        health = self._health().with_problem("record", self._recorder.problem)
        return health.with_problem("clock", self._recorder.clock_problem)

    @property
    def clock_believed(self) -> bool:
        """Whether the box's clock can be believed."""
        return self._recorder.clock_believed

    @property
    def till_skews(self) -> dict[str, float]:
        """By how many seconds the clock of each connected till is ahead of the box's."""
        return self._skews.ahead_s

    @property
    def timings(self) -> Timings:
        """How long it took until tills had their answers, see `AnswerTimes`."""
        return self._times.timings

    @property
    def tills(self) -> int:
        """How many tills are connected."""
        return len(self._server.tills)

    @property
    def rejections(self) -> Rejections:
        """Counts of rejected messages and connections, and of dropped parts of messages."""
        return self._server.rejections

    @property
    def unconfirmed_alerts(self) -> int:
        """How many alerts wait for their till's confirmation."""
        return self._recorder.outbox.pending_count if self._recorder.outbox else 0

    @property
    def expired_alerts(self) -> int:
        """How many alerts have expired before their till confirmed them."""
        return self._recorder.outbox.expired_count if self._recorder.outbox else 0

    @property
    def awaits_confirmation(self) -> bool:
        """Whether a connected till has not confirmed an alert yet."""
        if not (outbox := self._recorder.outbox):
            return False
        tills = self._server.tills
        return any(alert.till.encode() in tills and not alert.expired for alert in outbox.pending.values())

    def serve(self, now_s: float) -> None:
        """Handle the tills' messages, and send what is due."""
        for identity, message in self._server.poll():
            self._last_message_s[identity] = now_s
            if is_till_name(identity):
                self._receive(identity.decode(), message, now_s)
            else:
                self._server.rejections.add("no name", "a till", NO_NAME)
                self._server.send(identity, self._publisher.wrap(Error(code="malformed", text=NO_NAME), now_s))
        if now_s - self._health_s >= HEALTH_EVERY_S:
            self._health_s = now_s
            self._every_second(now_s)
        self._recorder.expire(now_s)
        self._send_alerts(now_s)
        self._listeners.resend(now_s)

    def deliver(self, outcomes: list[Outcome], now_s: float, sender: str = NO_TILL) -> Event | None:
        """Record the outcomes, then publish and send their messages. sender: the till whose message led to them, if
        any. Returns the reply that it was sent."""
        messages = self._publisher.wrap_all(outcomes, now_s)
        alerts = [(message.data, message.event) for message in messages if isinstance(message.data, Alert)]
        closed = [outcome for outcome in outcomes if isinstance(outcome, Closed)]
        recorded = self._recorder.record(closed, alerts, now_s)
        for sale in closed:
            self.counts.count_sale(sale.record, sale.offer)
        reply = None
        for message in messages:
            if message.is_reply:
                reply = message.event
                self._send(sender, reply)
            else:
                self._publish(message, recorded, now_s)
        if alerts:
            self._send_alerts(now_s)
        # Offers go last: asking for ID comes first.
        for message in messages:
            if isinstance(message.data, Offer):
                self._send(message.till, message.event)
        self._listeners.follow(self._lane, now_s)
        return reply

    def note_settings(self, settings: SettingsInForce) -> None:
        """Record that these settings have taken effect."""
        self._recorder.note_settings(settings)

    def close(self) -> None:
        self._recorder.close()

    def _publish(self, message: WrappedMessage, recorded: bool, now_s: float) -> None:
        data = message.data
        if isinstance(data, Alert) and not recorded and data.decision is Decision.NO_CHALLENGE:
            # Without a record nobody may pass. The lane's next answer is UNKNOWN.
            return
        self._publisher.publish(message)
        if isinstance(data, AlertWithdrawn):
            self._send(message.till, message.event)
        if isinstance(data, Alert):
            self.counts.count_alert(data)
            self._listeners.show(data, message.event, now_s)
            record = next((sale.record for sale in self._lane.open_sales if sale.till == message.till), None)
            self._times.alert_sent(data, record, now_s)
            if not recorded:
                self._send(message.till, message.event)

    def _receive(self, till: str, message: ReceivedMessage | Error, now_s: float) -> None:
        """Answer a message. A message that is repeated gets the same answer, and is counted once."""
        if known := self._replies.find(till, message, now_s):
            self._send(till, known)
        elif reply := self._handle(till, message, now_s):
            self._replies.add(till, message, reply, now_s)

    def _handle(self, till: str, message: ReceivedMessage | Error, now_s: float) -> Event | None:
        """Returns the reply to remember. That to a greeting is not, because its till may have been restarted."""
        if isinstance(message, Error):
            return self._reject(till, message, now_s)
        content = message.content
        self._skews.note(till, message, self._publisher.wall_time(now_s))
        if isinstance(content, Hello) and content.till != till:
            text = f"the connection has the name {till}, and lane.hello has {content.till}: use the same name"
            error = Error(code="malformed", text=text, message_id=message.id)
            return self._reject(till, error, now_s, "another's name")
        if message.dropped:
            self._server.rejections.add_dropped(till, content.type, message.dropped)
        outcomes = self._lane.receive(till, message.id, content, now_s, said_at=message.time)
        outcomes = with_dropped(outcomes, message.dropped)
        if isinstance(content, Ack):
            self._listeners.acknowledged(till, content.message_id)
            if content.alert_id and self._recorder.confirm(till, content.alert_id):
                self._times.alert_confirmed(content.alert_id, now_s)
        reply = self.deliver(outcomes, now_s, till)
        if reply and reply.type == Error.type:
            self._server.rejections.add(reply.data["code"], till, reply.data["text"])
        if isinstance(content, Hello):
            self._catch_up(till, now_s)
            self._listeners.catch_up(till, self._lane, now_s)
            return None
        return reply

    def _catch_up(self, till: str, now_s: float) -> None:
        """A till has connected: its alerts become due now, and it learns which ones have expired."""
        outbox = self._recorder.outbox
        if not outbox:
            return
        outbox.resend_now(till)
        for alert_id, sale_id in outbox.expired_for(till):
            text = f"an alert for sale {sale_id} expired before it was delivered: do not show it"
            error = Error(code="expired", text=text, alert_id=alert_id, sale_id=sale_id)
            self._send(till, self._publisher.wrap(error, now_s))

    def _every_second(self, now_s: float) -> None:
        """Forget tills that are gone, retry the disk, send the lane's health."""
        for identity, last_s in list(self._last_message_s.items()):
            if now_s - last_s > FORGET_S:
                del self._last_message_s[identity]
                self._server.forget(identity)
        self._recorder.recover(now_s)
        self._recorder.note_rejected(self._server.rejections, now_s)
        self._skews.keep_only({identity.decode(errors="replace") for identity in self._last_message_s})
        self._recorder.note_till_clocks(self._skews)
        self._send_health(now_s)
        pending = self._recorder.outbox.pending if self._recorder.outbox else {}
        self._times.keep_only({alert_id for alert_id, alert in pending.items() if not alert.expired})

    def _send_alerts(self, now_s: float) -> None:
        """Send every alert that is new or must be repeated now."""
        if outbox := self._recorder.outbox:
            for identity in self._server.tills:
                for event in outbox.take_ready(identity.decode(), now_s):
                    self._server.send(identity, parse(event.encode()))

    def _send_health(self, now_s: float) -> None:
        health = self.health
        problems = tuple(problem.text for problem in health.problems)
        message = Health(lane=self._settings.lane, agent=self._agent_id, status=health.status, problems=problems)
        event = self._publisher.wrap(message, now_s)
        for identity in self._server.tills:
            self._server.send(identity, event)

    def _reject(
        self, till: str, error: Error, now_s: float, reason: RejectionReason | None = None
    ) -> Event | None:  # fmt: skip
        """Returns the answer, if a repeated message can be told by its id. reason: counted instead of the error's
        code."""
        self._server.rejections.add(reason or error.code, till, error.text)
        event = self._publisher.wrap(error, now_s)
        self._send(till, event)
        return event if error.message_id else None

    def _send(self, till: str, event: Event) -> None:
        if till != NO_TILL:
            self._server.send(till.encode(), event)
