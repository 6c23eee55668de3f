"""Notifications to systemd: ready, alive (watchdog), status, reloading, stopping.

One datagram per message, see sd_notify(3), which recommends implementing this protocol oneself. The Python packages
for it are unmaintained or must be compiled on the box.
"""

from __future__ import annotations

import math
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SIGNS_PER_TIMEOUT = 4
"""Signs of life within the watchdog's timeout. systemd asks for two."""


class Service:
    """Sends notifications to the service manager that started this process. Without one it does nothing."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """environment: the variables with systemd's socket and watchdog timeout; default: those of this process."""
        variables = os.environ if environment is None else environment
        self._address = variables.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]
        # Variables are inherited: the watchdog may be meant for the process that started this one.
        is_ours = variables.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = int(variables.get("WATCHDOG_USEC", "0")) if is_ours else 0
        self._pause_s = microseconds / 1e6 / _SIGNS_PER_TIMEOUT or math.inf
        self._ready = False
        self._turned_before_s: tuple[float, ...] = ()
        self._notified_s = -math.inf
        self._status = ""

    def progress(self, turned_s: Sequence[float], now_s: float) -> None:
        """Send "ready" once the loop of every lane has turned, then "alive" as long as every loop keeps turning.

        Call it several times a second, for the first time when the lanes start.

        turned_s: for each lane, when its loop last turned. now_s: the time now. Both in seconds of one steady clock.
        """
        if not self._turned_before_s:
            self._turned_before_s = tuple(turned_s)
        if self._ready and now_s - self._notified_s < self._pause_s:
            return
        if all(now > then for now, then in zip(turned_s, self._turned_before_s, strict=True)):
            self._send("WATCHDOG=1" if self._ready else "READY=1")
            self._ready, self._turned_before_s, self._notified_s = True, tuple(turned_s), now_s

    def status(self, text: str) -> None:
        """Set the status line that `systemctl status` shows. Sent only when it changes."""
        if text != self._status:
            self._status = text
            self._send(f"STATUS={text}")

    def reloading(self) -> None:
        """The settings are being reloaded; call `reloaded` afterwards."""
        self._send("RELOADING=1")

    def reloaded(self) -> None:
        self._send("READY=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # A lane does not stop because nobody listens at the socket.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
            notify.sendto(message.encode(), self._address)
