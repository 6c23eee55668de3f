"""An attendant's or a display's side of the protocol, for one lane: the alerts of all its tills. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.language.words import words
from edge.till.messages import (
    Ack,
    AgeRestrictedItem,
    Alert,
    AlertWithdrawn,
    CheckResult,
    Error,
    Health,
    IdChecked,
)
from edge.till.reference.link import Link
from edge.till.reference.sale import TillSale
from edge.till.reference.screen import Screen, screen
from edge.till.reference.steps import Entry, Notify, Save, Send, Step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.till.envelope import Event
    from edge.till.identity import Identity
    from edge.till.messages import CheckMeans, CheckOutcome, Role

FORGOTTEN_AFTER_S = 300.0
"""A sale is removed from the screen this long after its last alert expired, if it was not withdrawn."""


class AttendantSession:
    """What an attendant knows about a lane. Times are of a monotonic clock. Methods return the steps to perform."""

    def __init__(self, name: str, identity: Identity, role: Role = "attendant", cashier_id: str | None = None) -> None:
        """name: of the connection. role: attendant or display. cashier_id: who reports ID checks."""
        self.sales: dict[str, TillSale] = {}
        """The latest sale with an alert at each till, by the till's name; "" for sales that the agent opened."""
        self.cashier_actions = 0
        """How many checks were reported, including those before a restart."""
        self._identity, self._role, self._cashier_id = identity, role, cashier_id
        self._link = Link(name, identity, role)
        self._screens: dict[str, Screen] = {}
        self._received: set[str] = set()

    @property
    def lane(self) -> str | None:
        """The name of the lane, None until the agent has told."""
        return self._link.lane

    @property
    def unanswered(self) -> int:
        """How many messages the agent has not answered."""
        return len(self._link.pending)

    def start(self, now_s: float, entries: Iterable[Entry] = ()) -> list[Step]:
        """Restore the state from the saved entries, and greet the agent."""
        for entry in entries:
            self._apply(entry, now_s)
        self._link.start(None, now_s)
        return self.tick(now_s)

    def check(
        self,
        outcome: CheckOutcome,
        now_s: float,
        *,
        till: str,
        sale_id: str | None = None,
        means: CheckMeans | None = None,
        authorised_by: str | None = None,
        minimum_age: int | None = None,
    ) -> list[Step]:
        """Report the result of an ID check for a till's sale. sale_id: None for that of the till's last alert. Raises
        UsageError for a display, and for a till without an alert if no sale_id is given."""
        if self._role != "attendant":
            raise UsageError(words("a display reports no ID checks: start with --role attendant"))
        sale = self.sales.get(till)
        if sale_id is None and sale is None:
            names = ", ".join(self.sales) or words("none")
            raise UsageError(
                words("no alert for a sale at {till}: alerts are for {names}", till=repr(till), names=names)
            )
        known = sale if sale and sale_id in (None, sale.sale_id) else None
        message = IdChecked(
            sale_id=sale_id or (sale.sale_id if sale else ""),
            outcome=outcome,
            cashier_id=self._cashier_id,
            means=means,
            authorised_by=authorised_by,
            minimum_age=minimum_age or (known.stated_age if known else None),
            till=till,
        )
        entry = Entry(sent=self._link.wrap(message, now_s))
        self._apply(entry, now_s)
        details = {"lane": self.lane, "till": till, "sale_id": message.sale_id, "outcome": outcome}
        return [Save(entry), Notify("checked", details), *self.tick(now_s)]

    def receive(self, event: Event, now_s: float) -> list[Step]:
        """Handle a message of the agent."""
        steps = self._link.message_received(now_s)
        try:
            data = event.content()
        except ValueError as problem:
            return [*steps, Notify("not-understood", {"text": str(problem)}), *self.tick(now_s)]
        if isinstance(data, Alert):
            steps += self._receive_alert(event, data, now_s)
        elif isinstance(data, AlertWithdrawn):
            steps += self._withdraw(event, data, now_s)
        elif isinstance(data, Error):
            steps += self._link.handle_error(data, None, now_s)
        elif isinstance(data, Ack):
            steps += self._link.handle_ack(data)
        elif isinstance(data, Health):
            steps += self._link.handle_health(event, data, None, now_s)
        return [*steps, *self.tick(now_s)]

    def tick(self, now_s: float) -> list[Step]:
        """What is due now: resends, a silent agent, and changes of the screen. Call it at least each second."""
        steps = self._link.tick(now_s)
        agree, silent = self._link.clocks_agree is True, self._link.silent
        self.sales = {till: sale for till, sale in self.sales.items() if now_s < sale.alert_until_s + FORGOTTEN_AFTER_S}
        for till in {*self.sales, *self._screens}:
            sale = self.sales.get(till)
            now = screen(sale, silent=silent, clocks_agree=agree, now_s=now_s) if sale else Screen("nothing")
            if sale and now.alert:
                self.sales[till] = replace(sale, alert_seen=True)
            if self._screens.get(till, Screen("nothing")) != now:
                text = now.text.model_dump() if now.text else None
                steps.append(Notify("screen", {**self._place(till), "shows": now.shows, "text": text}))
            self._screens[till] = now
        return steps

    def screen_of(self, till: str) -> Screen:
        """What is shown for a till."""
        return self._screens.get(till, Screen("nothing"))

    def _receive_alert(self, event: Event, alert: Alert, now_s: float) -> list[Step]:
        ack = Send(self._link.wrap(Ack(message_id=event.id, alert_id=alert.alert_id), now_s))
        # It may come before the first heartbeat.
        self._link.lane = alert.lane
        ids = {**self._place(alert.till or ""), "alert_id": alert.alert_id, "sale_id": alert.sale_id}
        if alert.alert_id in self._received:
            return [Notify("repeated", ids), ack]
        entry = Entry(heard=event)
        self._apply(entry, now_s)
        sale = self.sales.get(alert.till or "")
        shown = sale is not None and sale.alert == alert
        notify = Notify("shown" if shown else "not-shown", {**ids, "decision": alert.decision.value})
        return [Save(entry), notify, ack]

    def _withdraw(self, event: Event, withdrawn: AlertWithdrawn, now_s: float) -> list[Step]:
        ack = Send(self._link.wrap(Ack(message_id=event.id), now_s))
        if not self._shows(withdrawn):
            return [ack]
        entry = Entry(heard=event)
        self._apply(entry, now_s)
        details = {**self._place(withdrawn.till or ""), "sale_id": withdrawn.sale_id}
        return [Save(entry), Notify("withdrawn", details), ack]

    def _shows(self, withdrawn: AlertWithdrawn) -> bool:
        """Whether the alert of this sale is shown for its till."""
        sale = self.sales.get(withdrawn.till or "")
        return sale is not None and sale.sale_id == withdrawn.sale_id

    def _apply(self, entry: Entry, now_s: float) -> None:
        if entry.answered:
            self._link.pending.remove_answered(entry.answered)
        if entry.sent:
            self._link.pending.add(entry.sent)
            self.cashier_actions += 1
            data = entry.sent.content()
            sale = self.sales.get(data.till or "") if isinstance(data, IdChecked) else None
            if isinstance(data, IdChecked) and sale and sale.sale_id == data.sale_id:
                self.sales[data.till or ""] = sale.with_check(CheckResult.model_validate(data.model_dump()))
        heard = entry.heard.content() if entry.heard else None
        if isinstance(heard, Alert):
            self._received.add(heard.alert_id)
            self._show(heard, now_s)
        if isinstance(heard, AlertWithdrawn) and self._shows(heard):
            del self.sales[heard.till or ""]

    def _show(self, alert: Alert, now_s: float) -> None:
        """Show an alert, unless it has expired or a newer one of its till is known."""
        # It may come before the first heartbeat.
        self._link.lane = alert.lane
        till, left_s = alert.till or "", self._link.alert_lasts_s(alert, now_s)
        sale = self.sales.get(till)
        if left_s <= 0 or (sale and sale.alert and alert.issued_at < sale.alert.issued_at):
            return
        if sale is None or sale.sale_id != alert.sale_id:
            sale = TillSale(alert.sale_id, training=alert.training, restricted_s=now_s)
        asked = replace(sale, restricted=(AgeRestrictedItem(minimum_age=alert.legal_age),))
        self.sales[till] = asked.with_alert(alert, now_s + left_s)

    def _place(self, till: str) -> dict[str, str | None]:
        return {"lane": self.lane, "till": till or None}
