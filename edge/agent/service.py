"""What systemd is told, that the agent is ready, how it is, and that it is alive; and the secrets that it hands over.

One datagram a message, see sd_notify(3). That page suggests to write these lines oneself: the packages for it are no
longer kept, or have to be compiled on the box.
"""

from __future__ import annotations

import math
import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FEEDINGS = 4
"""So many times the watchdog is fed before it would bite: systemd asks for two."""


class Service:
    """The service manager that started this process. Without one nobody is told anything."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        """environment: where systemd says how it is to be told; default: that of this process."""
        given = os.environ if environment is None else environment
        self._address = given.get("NOTIFY_SOCKET", "")
        if self._address.startswith("@"):
            self._address = "\0" + self._address[1:]
        # The variables are inherited: what stands in them may be meant for the process that started us.
        is_ours = given.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = int(given.get("WATCHDOG_USEC", "0")) if is_ours else 0
        self._pause_s = microseconds / 1e6 / _FEEDINGS or math.inf
        self._ready = False
        self._turned_s: tuple[float, ...] = ()
        self._fed_s = -math.inf
        self._status = ""

    def progress(self, turned_s: Sequence[float], now_s: float) -> None:
        """Say that the agent is ready once every lane has gone round, and from then on that it is alive, as long as
        every lane goes on going round. Call it several times a second, first when the lanes begin.

        turned_s: for each lane, when its loop last went round. now_s: both in seconds of one steady clock.
        """
        if not self._turned_s:
            self._turned_s = tuple(turned_s)
        if self._ready and now_s - self._fed_s < self._pause_s:
            return
        if all(now > then for now, then in zip(turned_s, self._turned_s, strict=True)):
            self._tell("WATCHDOG=1" if self._ready else "READY=1")
            self._ready, self._turned_s, self._fed_s = True, tuple(turned_s), now_s

    def status(self, words: str) -> None:
        """One line for whoever asks `systemctl status`; told when it changes."""
        if words != self._status:
            self._status = words
            self._tell(f"STATUS={words}")

    def reloading(self) -> None:
        """The settings are being read again; `reloaded` must follow."""
        self._tell("RELOADING=1")

    def reloaded(self) -> None:
        self._tell("READY=1")

    def stopping(self) -> None:
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        # A lane does not stop because nobody listens.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
            notify.sendto(message.encode(), self._address)
