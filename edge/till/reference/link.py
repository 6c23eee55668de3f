"""The till's connection to the agent: greetings, reopened sales, resends, and whether the agent is silent. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.till.envelope import wrap
from edge.till.messages import Ack, Error, Hello, IdChecked, RestrictedItem, SaleBasket, SaleOpened, SaleSuspended
from edge.till.reference.memory import SaleMemory
from edge.till.reference.pending import PendingMessages
from edge.till.reference.steps import Entry, Notify, Save, Send, Step

if TYPE_CHECKING:
    from edge.till.envelope import Event
    from edge.till.identity import Identity
    from edge.till.messages import Alert, Data, Health, Role
    from edge.till.reference.sale import TillSale

AGENT_SILENT_S = 3.0
"""When nothing was received for this long, the cashier must ask everyone for ID."""

CLOCKS_AGREE_S = 2.0
"""When the clocks differ by more, the till cannot decide whether an alert has expired."""


class Link:
    """State of the connection. Times are of a monotonic clock; every method returns the steps to perform."""

    def __init__(self, till: str, identity: Identity, role: Role = "till") -> None:
        self.silent = False
        """Whether nothing was received for AGENT_SILENT_S."""
        self.clocks_agree: bool | None = None
        """Whether the clocks of till and agent agree; None until a heartbeat has told."""
        self.lane: str | None = None
        """The name of the agent's lane, None until a heartbeat has told."""
        self.pending = PendingMessages()
        self._till, self._identity, self._role = till, identity, role
        self._agent: str | None = None
        self._problems: tuple[str, ...] = ()
        self._received_s = 0.0
        self._retries: dict[str, str] = {}
        """Id of a message that was sent again under a new id, and its first id."""
        self._memory = SaleMemory()
        self._over: set[str] = set()
        """Sales that are over for the agent: they are not opened again."""
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

    def remember(self, event: Event) -> None:
        """Keep how a sale was opened and what was scanned in it, for an agent that does not know them."""
        self._memory.add(event)

    def start(self, sale: TillSale | None, now_s: float) -> None:
        """Queue the greeting. sale: the running sale, if any."""
        self._received_s = now_s
        self._greet(sale, now_s)

    def message_received(self, now_s: float) -> list[Step]:
        """Note that the agent is alive. Call it for every message, of any type."""
        was_silent, self.silent, self._received_s = self.silent, False, now_s
        return [Notify("agent-back", self._place)] if was_silent else []

    def tick(self, now_s: float) -> list[Step]:
        """Send or resend what is due, and detect that the agent has gone silent."""
        steps: list[Step] = []
        if not self.silent and now_s - self._received_s >= AGENT_SILENT_S:
            self.silent = True
            steps.append(Notify("agent-silent", self._place))
            # An agent that was restarted does not know this till, and sends nothing to unknown tills.
            if not any(event.type == Hello.type for event in self.pending):
                self.pending.add_first(self._hello(now_s))
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
        pending = self.pending
        message = pending.remove_answered(error.message_id) if error.message_id else pending.remove_unreadable()
        if message is None or message.type == Hello.type:
            return [notify]
        if error.code == "sale-over":
            self._over.add(message.data["sale_id"])
        if error.code == "no-such-sale" and message.id not in self._retries and self._was_open(message, sale):
            retry = self.wrap(message.content(), now_s)
            self._retries[retry.id] = message.id
            self.remember(retry)
            self.pending.add_first(retry)
            self._reopen_sale(sale, now_s)
            return [notify]
        return [notify, Save(Entry(answered=self._retries.pop(message.id, message.id)))]

    def alert_lasts_s(self, alert: Alert, now_s: float) -> float:
        """How long to show an alert that was received now; 0 or less when it has expired. Clocks that differ cannot
        tell how much of its time is over."""
        lasts_s = (alert.expires_at - alert.issued_at).total_seconds()
        left_s = (alert.expires_at - self._identity.wall_time(now_s)).total_seconds()
        return lasts_s if self.clocks_agree is False else min(left_s, lasts_s)

    def handle_health(self, event: Event, health: Health, sale: TillSale | None, now_s: float) -> list[Step]:
        """Acknowledge a heartbeat, compare the clocks, and greet an agent that was restarted."""
        steps: list[Step] = [Send(self.wrap(Ack(message_id=event.id), now_s))]
        ahead_s = (self._identity.wall_time(now_s) - event.time).total_seconds()
        agreed, self.clocks_agree = self.clocks_agree, abs(ahead_s) <= CLOCKS_AGREE_S
        if self.clocks_agree != (agreed is not False):
            steps.append(Notify("clocks", {"agree": self.clocks_agree, "till_ahead_s": round(ahead_s, 1)}))
        if health.problems != self._problems:
            self._problems = health.problems
            steps.append(Notify("health", {"status": health.status, "problems": list(health.problems)}))
        if health.agent != self._agent:
            restarted = self._agent is not None
            self._agent, self.lane = health.agent, health.lane
            steps.append(Notify("agent-met", {"agent": health.agent, "lane": health.lane}))
            # The first one that is met was greeted at the start.
            if restarted:
                self._greet(sale, now_s)
        return steps

    @property
    def _place(self) -> dict[str, str | None]:
        """Which lane an event is about; a till has only one."""
        return {} if self._role == "till" else {"lane": self.lane}

    def _greet(self, sale: TillSale | None, now_s: float) -> None:
        self.pending.remove_type(Hello.type)
        self._reopen_sale(sale, now_s)
        self.pending.add_first(self._hello(now_s))

    def _hello(self, now_s: float) -> Event:
        return self.wrap(Hello(till=self._till, role=self._role), now_s)

    def _reopen_sale(self, sale: TillSale | None, now_s: float) -> None:
        """Queue `lane.sale.opened` for the sale of the first pending message, or for the running sale. Queue its
        strictest `lane.sale.restricted_item` again while the running sale awaits a decision."""
        first = next(iter(self.pending), None)
        sale_id = None
        if first and self._was_open(first, sale):
            sale_id = first.data["sale_id"]
        elif sale and not any(event.type == SaleOpened.type for event in self._about(sale.sale_id)):
            sale_id = sale.sale_id
        if sale_id and sale_id not in self._over:
            self.pending.add_first(self.wrap(self._memory.opening(sale_id), now_s))
        if sale and sale.awaits_decision and not any(event.type == RestrictedItem.type for event in self.pending):
            item = sale.strictest_item
            assert item
            message = RestrictedItem(sale_id=sale.sale_id, sku=item.sku, minimum_age=item.minimum_age)
            self.pending.add(self._memory.scan(sale.sale_id, item) or self.wrap(message, now_s))

    def _was_open(self, message: Event, sale: TillSale | None) -> bool:
        """Whether the sale of a message was opened before it was first sent, at this till. sale: the running sale."""
        data = message.content()
        if self._role != "till" or isinstance(data, SaleOpened):
            return False
        if isinstance(data, SaleSuspended) and data.resumed_as:
            # It is over at this till.
            return False
        if not isinstance(data, IdChecked) or (sale and sale.sale_id == data.sale_id):
            return True
        # A check may come before the opening, or after the close.
        later = {event.type for event in self._about(data.sale_id)}
        return SaleOpened.type not in later and bool(later - {IdChecked.type})

    def _about(self, sale_id: str) -> list[Event]:
        """The pending messages about a sale."""
        return [event for event in self.pending if event.data.get("sale_id") == sale_id]
