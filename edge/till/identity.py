"""Ids and wall-clock times for messages: random and real in a live run, reproducible in a replay."""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta, timezone
from typing import Protocol

from edge.clock.reading import Reading, read_clocks

_REPLAY_START = datetime(2000, 1, 1, tzinfo=timezone.utc)
_REPLAY_NAMESPACE = uuid.UUID("5c5a0b3e-7d5e-4a86-9f0e-2f9a7f6f3f10")


class Identity(Protocol):
    """Source of message ids and wall-clock times."""

    def new_id(self) -> str:
        """An id that no other message has, as a UUID string."""

    def wall_time(self, now_s: float) -> datetime:
        """The UTC time that corresponds to `now_s` of the frame clock."""

    def reading(self, now_s: float, *, trusted: bool) -> Reading:
        """All clocks of the box at `now_s` of the frame clock. trusted: the setting `clock.trusted`."""


class LiveIdentity:
    """Random ids, and the system's wall clock. `now_s` is of `time.monotonic`."""

    def new_id(self) -> str:
        return str(uuid.uuid4())

    def wall_time(self, now_s: float) -> datetime:
        return datetime.now(timezone.utc) + timedelta(seconds=now_s - time.monotonic())

    def reading(self, now_s: float, *, trusted: bool) -> Reading:  # noqa: ARG002
        return read_clocks(trusted=trusted)


class ReplayIdentity:
    """Numbered ids, and times counted from 2000-01-01: the same recording gives the same events, byte for byte."""

    def __init__(self) -> None:
        self._count = 0

    def new_id(self) -> str:
        self._count += 1
        return str(uuid.uuid5(_REPLAY_NAMESPACE, str(self._count)))

    def wall_time(self, now_s: float) -> datetime:
        return _REPLAY_START + timedelta(seconds=now_s)

    def reading(self, now_s: float, *, trusted: bool) -> Reading:
        return Reading(self.wall_time(now_s).timestamp(), now_s, "replay", synchronised=False, trusted=trusted)
