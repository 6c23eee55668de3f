"""A till that opens sales, scans, and measures how long answers take."""

from __future__ import annotations

import time

from edge.till.messages import Alert, Hello, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till

SALE_S = 2.0
_BEFORE_SCAN_S = 1.0


def sell(address: str, seconds: float, answers: list[tuple[float, float]]) -> None:
    """Sale after sale: open it, wait a second, scan a restricted item, wait for the answer, close it.

    address: of the agent's reliable channel. answers: filled with pairs of milliseconds, from grab to alert
    and from scan to alert.
    """
    till = Till("bench", address)
    till.send(Hello(till="bench"))
    till.receive(20)
    end_s, number = time.monotonic() + seconds, 0
    while time.monotonic() + SALE_S < end_s:
        number += 1
        till.send(SaleOpened(sale_id=str(number)))
        _wait_for_alert(till, _BEFORE_SCAN_S)
        scanned_s = time.monotonic()
        till.send(RestrictedItem(sale_id=str(number)))
        alert = _wait_for_alert(till, SALE_S - _BEFORE_SCAN_S)
        if alert and alert.grab_to_alert_ms is not None:
            answers.append((alert.grab_to_alert_ms, (time.monotonic() - scanned_s) * 1000))
        till.send(SaleClosed(sale_id=str(number)))
    till.close()


def _wait_for_alert(till: Till, seconds: float) -> Alert | None:
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        message = till.receive(left_s)
        if isinstance(message, Alert):
            return message
    return None
