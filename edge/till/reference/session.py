"""A till's side of the protocol. In: the cashier's actions, messages and time. Out: steps to perform. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.till.messages import Ack, Alert, Error, Health, Offer
from edge.till.reference.link import Link
from edge.till.reference.sales import SaleActions
from edge.till.reference.screen import Screen, screen
from edge.till.reference.state import TillState
from edge.till.reference.steps import Entry, Notify, Save, Send, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.till.envelope import Event
    from edge.till.identity import Identity


class TillSession(SaleActions):
    """A running till. Times are of a monotonic clock. Every method returns the steps to perform."""

    def __init__(self, name: str, identity: Identity, cashier_id: str | None = None) -> None:
        """name: the till's name. identity: source of ids and wall-clock times. cashier_id: who sells at first."""
        link = Link(name, identity)
        super().__init__(link, identity, TillState(link, cashier_id))
        self.screen = Screen("nothing")
        self._shown: set[str] = set()
        self._saved_alert: str | None = None
        """The alert that was saved before a restart; whether the cashier has read it is unknown."""

    @property
    def unanswered(self) -> int:
        """How many messages the agent has not answered."""
        return len(self._link.pending)

    def start(self, now_s: float, entries: Iterable[Entry] = ()) -> list[Step]:
        """Restore the state from the saved entries, and greet the agent."""
        for entry in entries:
            self._state.apply(entry, now_s)
        self._saved_alert = self.sale.alert.alert_id if self.sale and self.sale.alert else None
        self._link.start(self.sale, now_s)
        return self.tick(now_s)

    def receive(self, event: Event, now_s: float) -> list[Step]:
        """Handle a message of the agent."""
        steps = self._link.message_received(now_s)
        try:
            data = event.content()
        except ValueError as problem:
            return [*steps, Notify("not-understood", {"text": str(problem)}), *self.tick(now_s)]
        # An error with a `message_id` answers a message of this till. Acknowledging it might have it answered again.
        if isinstance(data, Alert) or (isinstance(data, Error) and data.alert_id and not data.message_id):
            steps += self._receive_alert(event, data, now_s)
        elif isinstance(data, Error):
            steps += self._link.handle_error(data, self.sale, now_s)
        elif isinstance(data, Ack):
            steps += self._link.handle_ack(data)
        elif isinstance(data, Health):
            steps += self._link.handle_health(event, data, self.sale, now_s)
        elif isinstance(data, Offer):
            steps += self._receive_offer(event, data, now_s)
        return [*steps, *self.tick(now_s)]

    def tick(self, now_s: float) -> list[Step]:
        """What is due now: resends, a silent agent, and changes of the screen. Call it at least each second."""
        return [*self._link.tick(now_s), *self._update_screen(now_s)]

    def _update_screen(self, now_s: float) -> list[Step]:
        agree = self._link.clocks_agree is True
        before = self.screen
        self.screen = screen(self.sale, silent=self._link.silent, clocks_agree=agree, now_s=now_s)
        alert, offer = self.screen.alert, self.screen.offer
        steps: list[Step] = []
        if alert and self.sale:
            self._state.sale = replace(self.sale, alert_seen=True)
            steps += [self._first_shown(alert)] if alert.alert_id not in self._shown else []
        if self.screen != before:
            text = self.screen.text.model_dump() if self.screen.text else None
            beside = {"offer": offer.text.model_dump()} if offer else {}
            steps.append(Notify("screen", {"shows": self.screen.shows, "text": text, **beside}))
        if self.sale and offer and self.sale.offer_outcome == "not-shown":
            self._state.sale = replace(self.sale, offer_outcome="shown")
            ids = {"offer_id": offer.offer_id, "sale_id": self.sale.sale_id}
            steps.append(Notify("offer-shown", {**ids, "text": offer.text.model_dump()}))
        return steps

    def _receive_alert(self, event: Event, data: Alert | Error, now_s: float) -> list[Step]:
        """Save the alert, then show it, and acknowledge it last. A known one is only acknowledged."""
        ids = {"alert_id": data.alert_id, "sale_id": data.sale_id}
        ack = Send(self._link.wrap(Ack(message_id=event.id, alert_id=data.alert_id), now_s))
        if self._state.knows(data):
            return [Notify("repeated", ids), ack]
        received = Entry(heard=event)
        ignored = self._state.why_ignored(data, now_s) if isinstance(data, Alert) else None
        self._state.apply(received, now_s)
        if isinstance(data, Error):
            return [Save(received), Notify("expired", ids), ack]
        steps: list[Step] = [Save(received), Notify("alert", {**ids, "decision": data.decision.value})]
        steps += self._update_screen(now_s)
        if ignored or self.screen.alert != data:
            steps.append(Notify("not-shown", {**ids, "why": ignored or self._state.why_hidden(data)}))
        return [*steps, ack]

    def _receive_offer(self, event: Event, offer: Offer, now_s: float) -> list[Step]:
        """Keep the first offer of the open sale; ignore any other."""
        if not self.sale or self.sale.sale_id != offer.sale_id or self.sale.offer:
            return []
        received = Entry(heard=event)
        self._state.apply(received, now_s)
        return [Save(received)]

    def _first_shown(self, alert: Alert) -> Notify:
        self._shown.add(alert.alert_id)
        return Notify(
            "shown",
            {
                "alert_id": alert.alert_id,
                "sale_id": alert.sale_id,
                "decision": alert.decision.value,
                "text": alert.text.model_dump(),
                **({"again": True} if alert.alert_id == self._saved_alert else {}),
            },
        )
