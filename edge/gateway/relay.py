"""One till that speaks HTTP, as the agent knows it: sends its events, and keeps the agent's messages for it.

The reference till's `Link` does what the protocol requires of a till: greetings, resends, and opening a sale again that
a restarted agent does not know.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edge.gateway.sale import FollowedSale
from edge.gateway.screen import AgentState, Status, screen_of
from edge.gateway.store import MOST_WAITING
from edge.records.database import StoreError
from edge.till.limits import BURST, MESSAGES_A_SECOND
from edge.till.messages import Ack, Alert, AlertWithdrawn, Error, Health, Hello, Offer, SaleBasket
from edge.till.reference.link import Link
from edge.till.reference.pending import MAX_PENDING
from edge.till.reference.sale import why_ignored
from edge.till.reference.steps import Save, Send

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from edge.gateway.store import EventState, GatewayStore, PostedEvent, StoredMessage
    from edge.till.envelope import Event
    from edge.till.identity import Identity
    from edge.till.reference.sale import TillSale
    from edge.till.reference.steps import Step

log = logging.getLogger(__name__)

_WINDOW = MAX_PENDING // 2
"""Waiting events in memory; the others are read from the disk when there is room."""
_NOT_FORWARDED = (Hello.type, Ack.type, SaleBasket.type)
"""Events that do not wait for an answer: the gateway greets by itself, and a basket replaces the one before."""


class ConflictError(Exception):
    """An event has the id of another one."""

    def __init__(self, event_id: str) -> None:
        super().__init__(event_id)
        self.event_id = event_id


class BacklogError(Exception):
    """Too many events wait for the agent."""


class TillRelay:
    """Times are of a monotonic clock. Methods that return steps leave it to the caller to send their messages."""

    def __init__(self, till: str, store: GatewayStore, identity: Identity, now_s: float) -> None:
        """Continues from what is on the disk. Raises StoreError."""
        self.till = till
        self._store, self._identity = store, identity
        self._link, self._sale = Link(till, identity), FollowedSale()
        self._pace = _Pace(now_s)
        self._last_number = 0
        """Of the events that were read from the disk to be sent."""
        self._health: Health | None = None
        self._problem = ""
        self._answers: dict[str, Event] = {}
        """Of the agent, by the id of the event; not on the disk yet."""
        for event, _ in store.history(till):
            self._follow(event, now_s)
        self._messages = store.messages(till)
        for message in self._messages:
            self._show(message.event, now_s)
            if message.confirmed:
                self._sale.seen(message.key)
        self._waiting = store.waiting_count(till)
        self._read_waiting()
        self._link.start(self._open_sale, now_s)

    @property
    def waiting(self) -> int:
        """How many events the agent has not answered."""
        return self._waiting

    @property
    def problem(self) -> str:
        """Why the disk cannot be written; empty while it can."""
        return self._problem

    def post(self, events: Sequence[PostedEvent], now_s: float) -> list[Step]:
        """Store events of the till and send them. Those that were posted before change nothing.

        Raises ConflictError, BacklogError and StoreError; then none is stored.
        """
        new: dict[str, PostedEvent] = {}
        for each in events:
            known = new[each.event.id].hash if each.event.id in new else self._store.hash_of(self.till, each.event.id)
            if known is not None and known != each.hash:
                raise ConflictError(each.event.id)
            if known is None:
                new[each.event.id] = each
        if self._waiting + len(new) > MOST_WAITING:
            raise BacklogError
        confirmed = [self._named(data) for each in new.values() if isinstance(data := each.event.content(), Ack)]
        before = self._messages
        try:
            with self._store.database.transaction():
                self._store.add_events(self.till, new.values(), _NOT_FORWARDED)
                steps = self._confirm([message for message in confirmed if message], now_s)
        except StoreError:
            self._messages = before
            raise
        self._waiting += sum(each.event.type not in _NOT_FORWARDED for each in new.values())
        for each in new.values():
            self._follow(each.event, now_s)
        self._read_waiting()
        return [*steps, *self.tick(now_s)]

    def confirm(self, numbers: Collection[int], now_s: float) -> list[Step]:
        """The till has received these messages. Raises StoreError."""
        return self._confirm([each for each in self._messages if each.number in numbers and not each.confirmed], now_s)

    def receive(self, event: Event, now_s: float) -> list[Step]:
        """Handle a message of the agent. What cannot be stored is not acknowledged, so that the agent resends it."""
        steps, before = self._link.message_received(now_s), self._messages
        try:
            steps = [*steps, *self._receive(event, now_s)]
            self._works()
        except StoreError as problem:
            self._messages = before
            self._fails(problem)
        except ValueError as problem:
            log.warning("%s: a message of the agent was not understood: %s", self.till, problem)
        return [*steps, *self.tick(now_s)]

    def tick(self, now_s: float) -> list[Step]:
        """What is due now. Call it at least ten times a second."""
        if self._answers:
            self._save_answers()
        return self._link.tick(now_s) if self._pace.allows(now_s) else []

    def sent(self, now_s: float) -> None:
        """A message was sent to the agent, which limits them."""
        self._pace.take(now_s)

    def unconfirmed(self, after: int, now_s: float) -> list[StoredMessage]:
        """The messages for the till with a higher number. No alert that has expired, or is not about the open sale."""
        return [each for each in self._messages if each.number > after and self._is_current(each, now_s)]

    def state_of(self, event_id: str) -> EventState | None:
        """What became of an event, None for one that is not known. Raises StoreError."""
        return self._store.state_of(self.till, event_id)

    def status(self, now_s: float) -> Status:
        """What the cashier should see, and how the agent is."""
        agree = self._link.clocks_agree
        shown = self._sale.screen(silent=self._link.silent, clocks_agree=agree is True, now_s=now_s)
        return Status(screen=screen_of(shown, self._sale.sale), agent=self._agent(clocks_agree=agree))

    def _agent(self, *, clocks_agree: bool | None) -> AgentState:
        if self._link.silent:
            return AgentState(state="silent")
        if self._health is None:
            return AgentState(state="unknown")
        return AgentState(
            state=self._health.status, lane=self._health.lane, problems=self._health.problems, clocks_agree=clocks_agree
        )

    def _receive(self, event: Event, now_s: float) -> list[Step]:
        data = event.content()
        sale = self._sale.sale
        if isinstance(data, Ack):
            return self._receive_ack(event, data)
        if isinstance(data, Health):
            self._health = data
            return self._link.handle_health(event, data, self._open_sale, now_s)
        if isinstance(data, Alert):
            return self._receive_alert(event, data, now_s)
        if isinstance(data, Error) and data.alert_id and not data.message_id:
            return self._receive_expired(event, data, now_s)
        if isinstance(data, Error):
            return self._receive_error(event, data, now_s)
        if isinstance(data, Offer):
            if sale and sale.sale_id == data.sale_id and sale.offer is None:
                self._keep(event, None, data.sale_id)
                self._sale.offered(data)
        elif isinstance(data, AlertWithdrawn):
            self._keep(event, None, data.sale_id)
        return []

    def _receive_alert(self, event: Event, alert: Alert, now_s: float) -> list[Step]:
        """Keep it, and acknowledge it when the till has confirmed it. One that the till must not show is never
        acknowledged: the record then says that it has expired, and not that somebody could read it."""
        if alert.till not in (None, self.till):
            return []
        if known := self._find(Alert.type, alert.alert_id):
            ack = Send(self._link.wrap(Ack(message_id=event.id, alert_id=alert.alert_id), now_s))
            return [ack] if known.confirmed else []
        if not why_ignored(self._sale.sale, alert, self._link.alert_lasts_s(alert, now_s)):
            self._keep(event, alert.alert_id, alert.sale_id)
            self._show(event, now_s)
        return []

    def _receive_expired(self, event: Event, error: Error, now_s: float) -> list[Step]:
        if not self._find(Error.type, error.alert_id):
            alert = self._find(Alert.type, error.alert_id)
            with self._store.database.transaction():
                self._keep(event, error.alert_id, error.sale_id)
                if alert:
                    self._mark([alert])
        return [Send(self._link.wrap(Ack(message_id=event.id, alert_id=error.alert_id), now_s))]

    def _receive_error(self, event: Event, error: Error, now_s: float) -> list[Step]:
        steps = self._link.handle_error(error, self._open_sale, now_s)
        for step in steps:
            if isinstance(step, Save) and (answered := step.entry.answered):
                named = event.model_copy(update={"data": {**event.data, "message_id": answered}})
                self._answers[answered] = named
                self._keep(named, None, error.sale_id)
        self._save_answers()
        return steps

    def _receive_ack(self, event: Event, ack: Ack) -> list[Step]:
        steps = self._link.handle_ack(ack)
        for step in steps:
            if isinstance(step, Save) and (answered := step.entry.answered):
                self._answers[answered] = event.model_copy(update={"data": {**event.data, "message_id": answered}})
        self._save_answers()
        return steps

    def _save_answers(self) -> None:
        """Note on the disk which events the agent has answered. Until that works they are resent after a restart, which
        does no harm."""
        try:
            for event_id, answer in tuple(self._answers.items()):
                state = self._store.state_of(self.till, event_id)
                if state and not state.answered:
                    self._store.answer(self.till, event_id, answer.to_json())
                    self._waiting -= 1
                del self._answers[event_id]
            if len(self._link.pending) < _WINDOW // 2:
                self._read_waiting()
        except StoreError as problem:
            self._fails(problem)

    @property
    def _open_sale(self) -> TillSale | None:
        """The open sale, as far as the events that led to it are in memory."""
        return self._sale.sale if self._waiting <= _WINDOW // 2 else None

    def _follow(self, event: Event, now_s: float) -> None:
        data = event.content()
        self._sale.follow(event, now_s)
        self._link.remember(event)
        if isinstance(data, SaleBasket):
            self._link.queue_basket(data)
        if self._sale.sale is None:
            self._link.queue_basket(None)

    def _read_waiting(self) -> None:
        room = _WINDOW - len(self._link.pending)
        for number, event in self._store.waiting(self.till, self._last_number, max(0, room)):
            self._link.pending.add(event)
            self._last_number = number

    def _keep(self, event: Event, key: str | None, sale_id: str | None) -> None:
        self._store.add_message(self.till, event, key, sale_id)
        self._messages = self._store.messages(self.till)

    def _show(self, event: Event, now_s: float) -> None:
        data = event.content()
        if isinstance(data, Alert):
            lasts_s = self._link.alert_lasts_s(data, now_s)
            if not why_ignored(self._sale.sale, data, 1.0):
                self._sale.show(data, now_s + lasts_s)

    def _find(self, type: str, key: str | None) -> StoredMessage | None:
        return next((each for each in self._messages if each.event.type == type and each.key == key), None)

    def _named(self, ack: Ack) -> StoredMessage | None:
        """The message that an acknowledgement of the till is about."""
        for each in self._messages:
            if not each.confirmed and (each.event.id == ack.message_id or (ack.alert_id and each.key == ack.alert_id)):
                return each
        return None

    def _confirm(self, messages: Sequence[StoredMessage], now_s: float) -> list[Step]:
        if not messages:
            return []
        self._mark(messages)
        steps: list[Step] = []
        for message in messages:
            if message.event.type == Alert.type:
                self._sale.seen(message.key)
                steps.append(Send(self._link.wrap(Ack(message_id=message.event.id, alert_id=message.key), now_s)))
        return steps

    def _mark(self, messages: Sequence[StoredMessage]) -> None:
        self._store.confirm(self.till, [message.number for message in messages])
        self._messages = self._store.messages(self.till)

    def _is_current(self, message: StoredMessage, now_s: float) -> bool:
        if message.confirmed:
            return False
        data = message.event.content()
        if isinstance(data, Alert):
            sale = self._sale.sale
            if sale is None or sale.alert is None or sale.alert.alert_id != data.alert_id:
                return False
            return now_s < sale.alert_until_s
        if isinstance(data, Offer):
            return self._sale.sale is not None and self._sale.sale.sale_id == data.sale_id
        return True

    def _works(self) -> None:
        if self._problem:
            log.info("%s: messages can be stored again", self.till)
        self._problem = ""

    def _fails(self, problem: StoreError) -> None:
        if str(problem) != self._problem:
            log.error("%s: %s; its messages are not acknowledged, and the agent resends them", self.till, problem)
        self._problem = str(problem)


class _Pace:
    """Keeps below the agent's limit on the messages of a till, so that it never ignores any."""

    def __init__(self, now_s: float) -> None:
        self._left, self._counted_s = BURST / 2, now_s

    def allows(self, now_s: float) -> bool:
        self._left = min(BURST / 2, self._left + (now_s - self._counted_s) * 0.8 * MESSAGES_A_SECOND)
        self._counted_s = now_s
        return self._left >= 1

    def take(self, now_s: float) -> None:
        self.allows(now_s)
        self._left -= 1
