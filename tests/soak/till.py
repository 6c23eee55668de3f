"""A till on a fast clock that sells, disconnects, reconnects and sends invalid messages."""

from __future__ import annotations

import random
import time

from edge.decision.policy import Decision
from edge.till.messages import (
    Ack,
    Alert,
    Error,
    Health,
    Hello,
    IdChecked,
    RestrictedItem,
    SaleClosed,
    SaleOpened,
)
from edge.till.reference.dealer import Till

NAME = "till-1"


class FastTill:
    """Sells on a clock that is `speed` times as fast."""

    def __init__(self, address: str, speed: float) -> None:
        self._address, self._speed, self._random = address, speed, random.Random(0)
        self.sales = self.answers = self.unknown = 0
        self.degraded_s = 0.0
        self._connect()

    def sell_once(self) -> None:
        """One sale, with random faults."""
        self.sales += 1
        sale = f"sale-{self.sales}"
        self._till.send(SaleOpened(sale_id=sale))
        self._receive(self._random.uniform(2, 10))
        self._till.send(RestrictedItem(sale_id=sale))
        if self._random.random() < 0.05:
            self._disconnect()
        answer = self._receive(2.0, sale)
        if answer:
            self.answers += 1
            self.unknown += answer.decision is Decision.UNKNOWN
            if answer.decision is not Decision.NO_CHALLENGE:
                self._till.send(IdChecked(sale_id=sale, outcome="passed"))
        if self._random.random() < 0.1:
            self._till.socket.send(self._random.randbytes(200))
        self._till.send(SaleClosed(sale_id=sale))
        self._receive(self._random.uniform(1, 5))

    def close(self) -> None:
        self._till.close()

    def _connect(self) -> None:
        self._till = Till(NAME, self._address)
        self._till.send(Hello(till=NAME))

    def _disconnect(self) -> None:
        """Disconnect for half a minute of the lane's time, then reconnect."""
        self._till.close()
        time.sleep(30 / self._speed)
        self._connect()

    def _receive(self, seconds: float, sale: str = "") -> Alert | None:
        """Receive for `seconds` of the lane's time, or until the alert of the sale, which is returned."""
        end_s = time.monotonic() + seconds / self._speed
        while (left_s := end_s - time.monotonic()) > 0:
            message = self._till.receive(left_s)
            if isinstance(message, Health):
                self.degraded_s += message.status == "degraded"
            elif isinstance(message, Error) and message.alert_id:
                self._till.send(Ack(message_id=message.message_id or "none", alert_id=message.alert_id))
            elif isinstance(message, Alert) and message.sale_id == sale:
                return message
        return None
