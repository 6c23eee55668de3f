"""What a client may take of the agent's time and memory, and the count of what was refused."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import Literal

log = logging.getLogger(__name__)

MESSAGE_BYTES = 64 * 1024
"""Room for a basket of 500 lines. ZeroMQ cuts off who sends more."""
CURVE_BYTES = 33
"""CURVE makes each message so much longer, which ZeroMQ counts."""
TILLS = 16
"""A lane has one till or two; more are a mistake or an attack, and each costs memory."""
TILL_SILENT_S = 60.0
"""A till says something each second; one that was silent for so long gives its place to a new one."""
MESSAGES_A_SECOND = 50.0
"""Of one till: a cashier scans two items a second, and a till that comes back has a sale to tell."""
BURST = 200
"""So many messages at once: what a till kept while the agent was away."""
PENALTY_S = 5.0
"""For so long a till that says more than this is not heard at all, which costs less than reading it."""
BARRED_S = 30.0
"""For so long a key that was used under another till's name cannot connect, so that the other one comes back."""
WAITING_MESSAGES = 100
"""Per connection and direction; beyond it a till's messages wait in the till, and ours to it are dropped."""
MESSAGES_A_POLL = 100
"""At about 0.1 ms each they keep the agent from the camera for 10 ms."""
FRAMES_A_POLL = 1000
"""Frames that are dropped unread count too, at a few microseconds each."""
HANDSHAKES_A_POLL = 50
"""At some 0.1 ms each; whoever knocks at the door wins no more of our time than the tills have."""
HANDSHAKE_MS = 2_000
"""Who connects and says nothing holds an open file. So long a till waits, too, that was told to try again."""
HEARTBEAT_MS = 1_000
"""ZeroMQ asks each client so often whether it is there, and closes the connection when nothing comes for two such."""
LIVE_BYTES = 1024
"""Of what a screen sends: the handshake, and the names of topics."""
TOPICS = 64
"""Names of topics that screens asked for; ZeroMQ keeps them all, at some 50 bytes of memory for each byte of a name."""

_LOG_EVERY_S = 10.0


class Allowance:
    """What one till may still say now. Times are those of a steady clock."""

    def __init__(self, now_s: float) -> None:
        self._left, self._counted_s, self._ignored_until_s = float(BURST), now_s, now_s

    def take(self, now_s: float) -> bool:
        """Whether one message more may be heard; the first that may not begins the penalty."""
        if self.ignored(now_s):
            return False
        self._left = min(BURST, self._left + (now_s - self._counted_s) * MESSAGES_A_SECOND)
        self._counted_s = now_s
        if self._left < 1:
            self._ignored_until_s = now_s + PENALTY_S
            return False
        self._left -= 1
        return True

    def ignored(self, now_s: float) -> bool:
        return now_s < self._ignored_until_s

    def silent_s(self, now_s: float) -> float:
        """Seconds since it said something that was not ignored."""
        return now_s - self._counted_s


TillRefusal = Literal[
    "no name", "unknown key", "barred key", "revoked key", "another's name", "too many tills", "too fast", "topics"
]
Refusal = TillRefusal | Literal["wrong token"]
"""Why a message or a connection was refused: by the tills' sockets, or by the setup page."""


class Refusals:
    """Counts what was refused, and logs each reason now and then, so that a flood does not fill the disk."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._logged_s: dict[str, float] = {}

    def add(self, reason: Refusal, client: str, mend: str) -> None:
        """reason: a word or two for the metrics. client: who it was. mend: what is wrong and what to do."""
        self.counts[reason] += 1
        now_s = time.monotonic()
        if now_s - self._logged_s.get(reason, -_LOG_EVERY_S) >= _LOG_EVERY_S:
            self._logged_s[reason] = now_s
            log.warning("refused %s: %s (%d times so far)", client, mend, self.counts[reason])
