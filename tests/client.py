"""A till that asks for one decision after the other, and repeats what was not answered."""

from __future__ import annotations

import itertools
import time
import uuid
from datetime import datetime, timezone

from edge.till.envelope import wrap
from edge.till.messages import Ack, Alert, Data, Hello, IdChecked, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till, TillKeys

CASHIER = "Ludmila-Ivanova"
"""Whose name is to stand in the audit, and in no log."""

PATIENCE_S = 60.0
_REPEAT_S = 1.0

_numbers = itertools.count(1)


class Client:
    """Every method waits for the agent's answer, and fails the test when there is none."""

    def __init__(self, name: str, address: str, keys: TillKeys | None = None) -> None:
        self._name, self._till = name, Till(name, address, keys)
        self._alerts: list[Alert] = []
        self.close = self._till.close

    def greet(self) -> None:
        """Returns as soon as the agent is there."""
        self._say(Hello(till=self._name))

    def open(self) -> str:
        """A new sale, by its id."""
        sale_id = f"sale-{next(_numbers)}"
        self._say(SaleOpened(sale_id=sale_id))
        return sale_id

    def scan(self, sale_id: str) -> None:
        """Something restricted; `answer` brings what follows."""
        self._say(RestrictedItem(sale_id=sale_id))

    def answer(self) -> Alert:
        """The next decision."""
        end_s = time.monotonic() + PATIENCE_S
        while not self._alerts and time.monotonic() < end_s:
            self._hear()
        assert self._alerts, f"no decision within {PATIENCE_S:.0f} s"
        return self._alerts.pop(0)

    def finish(self, sale_id: str) -> None:
        """ID was shown, and the sale is paid."""
        self._say(IdChecked(sale_id=sale_id, outcome="passed", cashier_id=CASHIER))
        self._say(SaleClosed(sale_id=sale_id, cashier_id=CASHIER))
        # What was told after the answer is of no interest to the next sale.
        self._alerts.clear()

    def decide(self) -> Alert:
        """A whole sale."""
        sale_id = self.open()
        self.scan(sale_id)
        alert = self.answer()
        self.finish(sale_id)
        return alert

    def _say(self, data: Data) -> None:
        now = datetime.now(timezone.utc)
        event = wrap(data, id=str(uuid.uuid4()), source=f"/till/{self._name}", time=now)
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            self._till.send_event(event)
            repeat_s = time.monotonic() + _REPEAT_S
            while time.monotonic() < repeat_s:
                message = self._hear()
                if isinstance(message, Ack) and message.message_id == event.id:
                    return
        raise AssertionError(f"{data} was not answered within {PATIENCE_S:.0f} s")

    def _hear(self) -> Data | None:
        message = self._till.receive(0.1)
        if isinstance(message, Alert):
            self._alerts.append(message)
        return message
