"""Limits on a client's use of the agent's time and memory, and the count of rejected messages and connections."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import Literal

log = logging.getLogger(__name__)

MESSAGE_BYTES = 64 * 1024
"""Longest message: enough for a basket of 500 lines. ZeroMQ disconnects a client that sends more."""
CURVE_BYTES = 33
"""What CURVE adds to each message; ZeroMQ counts it."""
TILLS = 16
"""A lane has one or two tills. More are a mistake or an attack, and each costs memory."""
TILL_SILENT_S = 60.0
"""A till sends something every second. A new till may replace one that was silent for this long."""
MESSAGES_A_SECOND = 50.0
"""Per till. A cashier scans two items a second, and a till that reconnects sends its whole sale."""
BURST = 200
"""Messages accepted at once: those that a till kept while the agent was away."""
PENALTY_S = 5.0
"""A till that exceeds its rate is ignored for this long; dropping messages unread costs less than reading them."""
BLOCKED_KEY_S = 30.0
"""A key that was used under another till's name cannot connect for this long, so that the right till can reconnect."""
WAITING_MESSAGES = 100
"""Queue length per connection and direction. Beyond it a till's messages wait in the till, and the agent's are
dropped."""
MESSAGES_A_POLL = 100
"""At about 0.1 ms each, they delay the camera by 10 ms at most."""
FRAMES_A_POLL = 1000
"""Counts frames dropped unread too, at a few microseconds each."""
HANDSHAKES_A_POLL = 50
"""At about 0.1 ms each, so that unknown clients cannot take more of the agent's time than the tills."""
HANDSHAKE_MS = 2_000
"""Timeout of the handshake: a client that connects and sends nothing holds an open file. A till that was told to try
again also waits this long."""
HEARTBEAT_MS = 1_000
"""Interval of ZeroMQ's heartbeats. ZeroMQ closes a connection that answers none for twice this long."""
LIVE_BYTES = 1024
"""Longest message on the live channel: a screen sends only the handshake and topic names."""
TOPICS = 64
"""Topic names that screens may subscribe to. ZeroMQ stores them all, at some 50 bytes of memory per byte of a name."""

_LOG_EVERY_S = 10.0


class RateLimiter:
    """Limits the messages of one till: MESSAGES_A_SECOND on average, BURST at once. Times are of a monotonic clock."""

    def __init__(self, now_s: float) -> None:
        self._left, self._counted_s, self._ignored_until_s = float(BURST), now_s, now_s

    def accept(self, now_s: float) -> bool:
        """Whether to accept one more message. The first one above the rate starts the penalty."""
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
        """Whether the penalty is still running."""
        return now_s < self._ignored_until_s

    def silent_s(self, now_s: float) -> float:
        """Seconds since the last message that was not ignored."""
        return now_s - self._counted_s


TillRejection = Literal[
    "no name", "unknown key", "barred key", "revoked key", "another's name", "too many tills", "too fast", "topics"
]
"""Why a till's socket rejected a message or a connection."""
RejectionReason = TillRejection | Literal["wrong token"]
"""Why a till's socket or the setup page rejected a message or a connection."""


class Rejections:
    """Counts rejected messages and connections. Logs each reason every _LOG_EVERY_S at most, so that a flood does not
    fill the disk."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._logged_s: dict[str, float] = {}

    def add(self, reason: RejectionReason, client: str, explanation: str) -> None:
        """reason: the label in the metrics. client, explanation: for the log; what is wrong and how to fix it."""
        self.counts[reason] += 1
        now_s = time.monotonic()
        if now_s - self._logged_s.get(reason, -_LOG_EVERY_S) >= _LOG_EVERY_S:
            self._logged_s[reason] = now_s
            log.warning("rejected %s: %s (%d times so far)", client, explanation, self.counts[reason])
