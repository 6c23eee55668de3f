"""The till's connection to the agent: greetings, reopened sales, resends, and whether the agent is silent. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.till.envelope import wrap
from edge.till.messages import Ack, Error, Hello, RestrictedItem, SaleBasket, SaleOpened
from edge.till.reference.pending import PendingMessages
from edge.till.reference.steps import Entry, Notify, Save, Send, Step

if TYPE_CHECKING:
    from edge.till.envelope import Event
    from edge.till.identity import Identity
    from edge.till.messages import Data, Health
    from edge.till.reference.sale import TillSale

AGENT_SILENT_S = 3.0
"""When nothing was received for this long, the cashier must ask everyone for ID."""

CLOCKS_AGREE_S = 2.0
"""When the clocks differ by more, the till cannot decide whether an alert has expired."""


class Link:
    """State of the connection. Times are of a monotonic clock; every method returns the steps to perform."""

    def __init__(self, till: str, identity: Identity) -> None:
        self.silent = False
        """Whether nothing was received for AGENT_SILENT_S."""
        self.clocks_agree = True
        self.pending = PendingMessages()
        self._till, self._identity = till, identity
        self._agent: str | None = None
        self._problems: tuple[str, ...] = ()
        self._received_s = 0.0
        self._retries: dict[str, str] = {}
        """Id of a message that was sent again under a new id, and its first id."""
        self._basket: SaleBasket | None = None
        self._basket_id = ""
        self._baskets_wanted = True

    def wrap(self, data: Data, now_s: float) -> Event:
        """Put data into an envelope of this till, with a new id."""
        at = self._identity.wall_time(now_s)
        return wrap(data, id=self._identity.new_id(), source=f"/till/{self._till}", time=at)

    def queue_basket(self, basket: SaleBasket | None) -> None:
        """Send this basket once, when no other message is pending, so that it delays none. None: send no basket."""
        self._basket = basket

    def start(self, sale: TillSale | None, now_s: float) -> None:
        """Queue the greeting. sale: the running sale, if any."""
        self._received_s = now_s
        self._greet(sale, now_s)

    def message_received(self, now_s: float) -> list[Step]:
        """Note that the agent is alive. Call it for every message, of any type."""
        was_silent, self.silent, self._received_s = self.silent, False, now_s
        return [Notify("agent-back")] if was_silent else []

    def tick(self, now_s: float) -> list[Step]:
        """Send or resend what is due, and detect that the agent has gone silent."""
        steps: list[Step] = []
        if not self.silent and now_s - self._received_s >= AGENT_SILENT_S:
            self.silent = True
            steps.append(Notify("agent-silent"))
            # An agent that was restarted does not know this till, and sends nothing to unknown tills.
            if not any(event.type == Hello.type for event in self.pending):
                self.pending.add_first(self.wrap(Hello(till=self._till), now_s))
        if due := self.pending.take_ready(now_s):
            steps.append(Send(due))
        elif self._basket and self._baskets_wanted and not self.pending:
            event, self._basket = self.wrap(self._basket, now_s), None
            self._basket_id = event.id
            steps.append(Send(event))
        return steps

    def handle_ack(self, ack: Ack) -> list[Step]:
        """The agent has confirmed a message."""
        message = self.pending.remove_answered(ack.message_id)
        if message is None:
            return []
        if message.type == Hello.type:
            return [Notify("connected")]
        return [Save(Entry(answered=self._retries.pop(message.id, message.id)))]

    def handle_error(self, error: Error, sale: TillSale | None, now_s: float) -> list[Step]:
        """The agent could not use a message. If it does not know the sale, open it and send the message again, once."""
        if error.message_id == self._basket_id:
            # Other errors need no reaction: the next basket replaces this one.
            self._baskets_wanted = error.code != "unknown-type"
            return []
        notify = Notify("error", error.model_dump(include={"code", "text", "sale_id"}, exclude_none=True))
        message = self.pending.remove_answered(error.message_id)
        if message is None or message.type == Hello.type:
            return [notify]
        if error.code == "no-such-sale" and message.type != SaleOpened.type and message.id not in self._retries:
            retry = self.wrap(message.content(), now_s)
            self._retries[retry.id] = message.id
            self.pending.add_first(retry)
            self._reopen_sale(sale, now_s)
            return [notify]
        return [notify, Save(Entry(answered=self._retries.pop(message.id, message.id)))]

    def handle_health(self, event: Event, health: Health, sale: TillSale | None, now_s: float) -> list[Step]:
        """Acknowledge a heartbeat, compare the clocks, and greet an agent that was restarted."""
        steps: list[Step] = [Send(self.wrap(Ack(message_id=event.id), now_s))]
        ahead_s = (self._identity.wall_time(now_s) - event.time).total_seconds()
        if self.clocks_agree != (abs(ahead_s) <= CLOCKS_AGREE_S):
            self.clocks_agree = not self.clocks_agree
            steps.append(Notify("clocks", {"agree": self.clocks_agree, "till_ahead_s": round(ahead_s, 1)}))
        if health.problems != self._problems:
            self._problems = health.problems
            steps.append(Notify("health", {"status": health.status, "problems": list(health.problems)}))
        if health.agent != self._agent:
            self._agent = health.agent
            steps.append(Notify("agent-met", {"agent": health.agent, "lane": health.lane}))
            self._greet(sale, now_s)
        return steps

    def _greet(self, sale: TillSale | None, now_s: float) -> None:
        self.pending.remove_type(Hello.type)
        self._reopen_sale(sale, now_s)
        self.pending.add_first(self.wrap(Hello(till=self._till), now_s))

    def _reopen_sale(self, sale: TillSale | None, now_s: float) -> None:
        """Queue `lane.sale.opened` for the sale of the first pending message, or for the running sale. Queue its
        `lane.sale.restricted_item` again while the running sale awaits a decision."""
        first = next(iter(self.pending), None)
        sale_id = first.data["sale_id"] if first else sale.sale_id if sale else None
        if sale_id and (first is None or first.type != SaleOpened.type):
            self.pending.add_first(self.wrap(SaleOpened(sale_id=sale_id), now_s))
        if sale and sale.awaits_decision and not any(event.type == RestrictedItem.type for event in self.pending):
            self.pending.add(self.wrap(RestrictedItem(sale_id=sale.sale_id), now_s))
