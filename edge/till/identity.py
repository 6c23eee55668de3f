"""Where wall times and ids of messages come from: the world when live, the recording in a replay."""

from __future__ import annotations

import time
import uuid
from datetime import datetime, timedelta, timezone
from typing import Protocol

_REPLAY_START = datetime(2000, 1, 1, tzinfo=timezone.utc)
_REPLAY_NAMES = uuid.UUID("5c5a0b3e-7d5e-4a86-9f0e-2f9a7f6f3f10")


class Identity(Protocol):
    """Names and dates messages."""

    def new_id(self) -> str:
        """An id that no other message has."""

    def wall_time(self, now_s: float) -> datetime:
        """The UTC time at `now_s` of the frames' clock."""


class LiveIdentity:
    """Random ids, and the box's own wall clock."""

    def new_id(self) -> str:
        return str(uuid.uuid4())

    def wall_time(self, now_s: float) -> datetime:
        return datetime.now(timezone.utc) + timedelta(seconds=now_s - time.monotonic())


class ReplayIdentity:
    """Ids by number and times from 2000-01-01, so that the same recording gives the same events byte for byte."""

    def __init__(self) -> None:
        self._given = 0

    def new_id(self) -> str:
        self._given += 1
        return str(uuid.uuid5(_REPLAY_NAMES, str(self._given)))

    def wall_time(self, now_s: float) -> datetime:
        return _REPLAY_START + timedelta(seconds=now_s)
