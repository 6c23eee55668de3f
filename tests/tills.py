"""A till for tests that waits for the agent's reply to each message, and resends a message without a reply."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timezone

from edge.till.envelope import wrap
from edge.till.messages import Ack, Alert, Data, Health, Hello, IdChecked, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till, TillKeys

CASHIER = "Ludmila-Ivanova"
"""The cashier's name: it belongs into the audit, and into no log."""

TIMEOUT_S = 120.0
"""How long a busy machine may take. A problem of a camera may last for a minute after its cause."""
_RESEND_S = 1.0

_numbers = itertools.count(1)


class TillDriver:
    """Sells restricted items. Every method fails the test when the agent has not answered within TIMEOUT_S."""

    def __init__(self, name: str, address: str, keys: TillKeys | None = None) -> None:
        self._name, self._till = name, Till(name, address, keys)
        self.alerts: list[Alert] = []
        """Received, and not yet returned by `answer`."""
        self.close = self._till.close

    def greet(self) -> None:
        """Say hello; returns as soon as the agent is there."""
        self.send(Hello(till=self._name))

    def open(self) -> str:
        """Open a new sale, and return its id."""
        sale_id = f"sale-{next(_numbers)}"
        self.send(SaleOpened(sale_id=sale_id))
        return sale_id

    def scan(self, sale_id: str) -> None:
        """Scan something restricted; `answer` returns the alert that follows."""
        self.send(RestrictedItem(sale_id=sale_id))

    def answer(self) -> Alert:
        """The next alert."""
        end_s = time.monotonic() + TIMEOUT_S
        while not self.alerts and time.monotonic() < end_s:
            self._receive()
        assert self.alerts, f"no alert within {TIMEOUT_S:.0f} s"
        return self.alerts.pop(0)

    def answer_with_age(self) -> Alert:
        """The next alert with an age. On a busy machine one without may come before."""
        while not (alert := self.answer()).age:
            pass
        return alert

    def health_when(self, condition: Callable[[Health], object]) -> Health:
        """The next health of the lane that meets a condition."""
        end_s, last = time.monotonic() + TIMEOUT_S, None
        while time.monotonic() < end_s:
            message = self._receive()
            if isinstance(message, Health):
                last = message
                if condition(last):
                    return last
        raise AssertionError(f"no such health within {TIMEOUT_S:.0f} s; the last one was {last}")

    def finish(self, sale_id: str) -> None:
        """Record a passed check of ID, and close the sale."""
        self.send(IdChecked(sale_id=sale_id, outcome="passed", cashier_id=CASHIER))
        self.send(SaleClosed(sale_id=sale_id, cashier_id=CASHIER))
        # Later alerts of this sale must not be taken for those of the next.
        self.alerts.clear()

    def decide(self) -> Alert:
        """A whole sale; returns its first alert."""
        sale_id = self.open()
        self.scan(sale_id)
        alert = self.answer()
        self.finish(sale_id)
        return alert

    def decide_with_age(self) -> Alert:
        """A whole sale; returns its first alert with an age."""
        sale_id = self.open()
        self.scan(sale_id)
        alert = self.answer_with_age()
        self.finish(sale_id)
        return alert

    def send(self, data: Data) -> None:
        """Send a message until the agent confirms it. Alerts that come meanwhile are kept for `answer`."""
        now = datetime.now(timezone.utc)
        event = wrap(data, id=str(uuid.uuid4()), source=f"/till/{self._name}", time=now)
        end_s = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end_s:
            self._till.send_event(event)
            resend_s = time.monotonic() + _RESEND_S
            while time.monotonic() < resend_s:
                message = self._receive()
                if isinstance(message, Ack) and message.message_id == event.id:
                    return
        raise AssertionError(f"{data} was not confirmed within {TIMEOUT_S:.0f} s")

    def _receive(self) -> Data | None:
        message = self._till.receive(0.1)
        if isinstance(message, Alert):
            self.alerts.append(message)
        return message
