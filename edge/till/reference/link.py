"""What a till must say to be heard: greetings, sales opened again, repeats; and whether the agent is there. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.till.envelope import wrap
from edge.till.messages import Ack, Error, Hello, RestrictedItem, SaleBasket, SaleOpened
from edge.till.reference.steps import Entry, Keep, Send, Step, Tell
from edge.till.reference.unanswered import Unanswered

if TYPE_CHECKING:
    from edge.till.envelope import Event
    from edge.till.identity import Identity
    from edge.till.messages import Data, Health
    from edge.till.reference.sale import TillSale

AGENT_SILENT_S = 3.0
"""An agent that has not been heard for so long cannot be relied on: everyone is asked for ID."""

CLOCKS_AGREE_S = 2.0
"""Clocks further apart cannot tell whether an answer is still good."""


class Link:
    """The connection to the agent, as far as it is words and time."""

    def __init__(self, till: str, identity: Identity) -> None:
        self.silent = False
        self.clocks_agree = True
        self.waiting = Unanswered()
        self._till, self._identity = till, identity
        self._agent: str | None = None
        self._problems: tuple[str, ...] = ()
        self._heard_s = 0.0
        self._retries: dict[str, str] = {}
        self._basket: SaleBasket | None = None
        self._basket_id = ""
        self._baskets_wanted = True

    def wrap(self, data: Data, now_s: float) -> Event:
        """A message of this till."""
        at = self._identity.wall_time(now_s)
        return wrap(data, id=self._identity.new_id(), source=f"/till/{self._till}", time=at)

    def tell_basket(self, basket: SaleBasket | None) -> None:
        """To be said once, as soon as nothing else waits for an answer: it is to hold nothing up. None: no more."""
        self._basket = basket

    def start(self, sale: TillSale | None, now_s: float) -> None:
        self._heard_s = now_s
        self._greet(sale, now_s)

    def heard(self, now_s: float) -> list[Step]:
        """A message of the agent came, whichever."""
        was_silent, self.silent, self._heard_s = self.silent, False, now_s
        return [Tell("agent-back")] if was_silent else []

    def tick(self, now_s: float) -> list[Step]:
        """What time alone may bring: a repeat, or the news that the agent has fallen silent."""
        steps: list[Step] = []
        if not self.silent and now_s - self._heard_s >= AGENT_SILENT_S:
            self.silent = True
            steps.append(Tell("agent-silent"))
            # An agent that was started anew does not know this till, and tells nothing to a stranger.
            if not any(event.type == Hello.type for event in self.waiting):
                self.waiting.put_first(self.wrap(Hello(till=self._till), now_s))
        if due := self.waiting.due(now_s):
            steps.append(Send(due))
        elif self._basket and self._baskets_wanted and not any(self.waiting):
            event, self._basket = self.wrap(self._basket, now_s), None
            self._basket_id = event.id
            steps.append(Send(event))
        return steps

    def hear_ack(self, ack: Ack) -> list[Step]:
        message = self.waiting.answered(ack.message_id)
        if message is None:
            return []
        if message.type == Hello.type:
            return [Tell("connected")]
        return [Keep(Entry(answered=self._retries.pop(message.id, message.id)))]

    def hear_error(self, error: Error, sale: TillSale | None, now_s: float) -> list[Step]:
        """The agent could not use a message. Where it has lost the sale it is told of it again, once."""
        if error.message_id == self._basket_id:
            # An agent that is older than offers, or does not have the sale yet; the next basket says it all.
            self._baskets_wanted = error.code != "unknown-type"
            return []
        told = Tell("error", error.model_dump(include={"code", "text", "sale_id"}, exclude_none=True))
        message = self.waiting.answered(error.message_id)
        if message is None or message.type == Hello.type:
            return [told]
        if error.code == "no-such-sale" and message.type != SaleOpened.type and message.id not in self._retries:
            retry = self.wrap(message.content(), now_s)
            self._retries[retry.id] = message.id
            self.waiting.put_first(retry)
            self._open_again(sale, now_s)
            return [told]
        return [told, Keep(Entry(answered=self._retries.pop(message.id, message.id)))]

    def hear_health(self, event: Event, health: Health, sale: TillSale | None, now_s: float) -> list[Step]:
        steps: list[Step] = [Send(self.wrap(Ack(message_id=event.id), now_s))]
        off_s = (self._identity.wall_time(now_s) - event.time).total_seconds()
        if self.clocks_agree != (abs(off_s) <= CLOCKS_AGREE_S):
            self.clocks_agree = not self.clocks_agree
            steps.append(Tell("clocks", {"agree": self.clocks_agree, "till_ahead_s": round(off_s, 1)}))
        if health.problems != self._problems:
            self._problems = health.problems
            steps.append(Tell("health", {"status": health.status, "problems": list(health.problems)}))
        if health.agent != self._agent:
            self._agent = health.agent
            steps.append(Tell("agent-met", {"agent": health.agent, "lane": health.lane}))
            self._greet(sale, now_s)
        return steps

    def _greet(self, sale: TillSale | None, now_s: float) -> None:
        self.waiting.drop(Hello.type)
        self._open_again(sale, now_s)
        self.waiting.put_first(self.wrap(Hello(till=self._till), now_s))

    def _open_again(self, sale: TillSale | None, now_s: float) -> None:
        """Let the agent know the sale that the next message is about, and that the running one waits for an answer."""
        first = next(iter(self.waiting), None)
        sale_id = first.data["sale_id"] if first else sale.sale_id if sale else None
        if sale_id and (first is None or first.type != SaleOpened.type):
            self.waiting.put_first(self.wrap(SaleOpened(sale_id=sale_id), now_s))
        if sale and sale.unanswered and not any(event.type == RestrictedItem.type for event in self.waiting):
            self.waiting.add(self.wrap(RestrictedItem(sale_id=sale.sale_id), now_s))
