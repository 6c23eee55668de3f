"""A simulated till: opens a sale, scans alcohol, and shows the cashier what the agent answers.

`python -m edge.till.reference` plays one customer's sale against a running agent and exits.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import zmq

from edge.commands import run_command
from edge.errors import RunError
from edge.policy import Decision
from edge.till.messages import (
    Ack,
    Alert,
    Error,
    Hello,
    IdChecked,
    RestrictedItem,
    SaleClosed,
    SaleOpened,
    parse,
    wrap,
)

if TYPE_CHECKING:
    from edge.till.messages import Data

_COLOURS = {
    Decision.CHALLENGE: "\033[1;97;41m",
    Decision.UNKNOWN: "\033[1;30;43m",
    Decision.NO_CHALLENGE: "\033[1;30;42m",
}


class Till:
    """A till's end of the reliable channel."""

    def __init__(self, name: str, address: str) -> None:
        self._name = name
        self._context = zmq.Context()
        self._context.linger = 500
        self._socket: zmq.Socket[bytes] = self._context.socket(zmq.DEALER)
        self._socket.identity = name.encode()
        self._socket.connect(address)

    def send(self, data: Data) -> None:
        event = wrap(data, id=str(uuid.uuid4()), source=f"/till/{self._name}", time=datetime.now(timezone.utc))
        self._socket.send(event.to_json().encode())

    def receive(self, timeout_s: float) -> Data | None:
        """The next message, None when none comes in time. Alerts are acknowledged."""
        if not self._socket.poll(round(timeout_s * 1000)):
            return None
        event = parse(self._socket.recv())
        content = event.content()
        if isinstance(content, Alert):
            self.send(Ack(message_id=event.id, alert_id=content.alert_id))
        return content

    def close(self) -> None:
        self._context.destroy()


def show(alert: Alert, *, colour: bool) -> str:
    """An alert as the cashier's screen would show it, in a few lines."""
    age = f"{alert.age.mean:.0f} ({alert.age.low:.0f}-{alert.age.high:.0f})" if alert.age else "unknown"
    banner = f" {alert.decision.value.replace('_', ' ')} "
    if colour:
        banner = f"{_COLOURS[alert.decision]}{banner}\033[0m"
    within = f", answered {alert.grab_to_alert_ms:.0f} ms after the frame" if alert.grab_to_alert_ms is not None else ""
    return "\n".join(
        [
            f"  {banner}  {alert.text.en}",
            f"  {' ' * (len(alert.decision.value) + 2)}  {alert.text.ru}",
            f"  age {age}, asks below {alert.threshold}; {', '.join(alert.reasons)}; {alert.samples} looks{within}",
        ]
    )


def play(address: str, wait_s: float, scan_after_s: float) -> bool:
    """One sale from hello to close, told on stdout. Returns whether an alert came. Raises RunError without an agent."""
    # FORCE_COLOR as on force-color.org: colour also where stdout is no terminal.
    colour = sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))
    sale_id = datetime.now(timezone.utc).strftime("sale-%H%M%S")
    till = Till("till-1", address)
    try:
        till.send(Hello(till="till-1"))
        if not isinstance(till.receive(wait_s), Ack):
            raise RunError(f"no agent answers at {address}: start edge-agent first")
        print("till: connected", flush=True)
        till.send(SaleOpened(sale_id=sale_id))
        print(f"till: {sale_id} opened, bread and butter scanned", flush=True)
        _listen(till, scan_after_s, colour=colour)
        print("till: beer scanned", flush=True)
        till.send(RestrictedItem(sale_id=sale_id))
        answered = _listen(till, 1.5, colour=colour)
        till.send(IdChecked(sale_id=sale_id, outcome="passed"))
        till.send(SaleClosed(sale_id=sale_id))
        _listen(till, 0.3, colour=colour)
        print("till: sale closed" if answered else "till: no answer came, so ID is asked for", flush=True)
    finally:
        till.close()
    return answered


def _listen(till: Till, seconds: float, *, colour: bool) -> bool:
    """Show what comes within some seconds; whether an alert was among it."""
    answered = False
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        message = till.receive(left_s)
        if isinstance(message, Alert):
            answered = True
            print(show(message, colour=colour), flush=True)
        elif isinstance(message, Error):
            print(f"till: the agent says: {message.text}", flush=True)
    return answered


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m edge.till.reference", description=__doc__)
    parser.add_argument("--connect", default="tcp://127.0.0.1:5557", help="the agent's reliable address")
    parser.add_argument("--wait", type=float, default=20, help="how many seconds to wait for the agent")
    parser.add_argument("--scan-after", type=float, default=3, help="seconds from opening the sale to scanning beer")
    arguments = parser.parse_args()
    if not play(arguments.connect, arguments.wait, arguments.scan_after):
        sys.exit(1)


if __name__ == "__main__":
    run_command(_main)
