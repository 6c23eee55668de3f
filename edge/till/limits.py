"""Limits on a client's use of the agent's time and memory."""

from __future__ import annotations

MESSAGE_BYTES = 256 * 1024
"""Longest message that is read: 500 basket lines of 520 bytes, enough for a sku of 13 digits and a category of 68
Cyrillic letters, each of them escaped as six bytes. A longer one is answered with `too-large`."""
RECEIVED_BYTES = 1024 * 1024
"""Longest message that is received. ZeroMQ disconnects a client that sends more, without a word."""
BYTES_A_MESSAGE = 64 * 1024
"""A message counts once more in the rate limit for each such part: a long one takes more time."""
CURVE_BYTES = 33
"""What CURVE adds to each message; ZeroMQ counts it."""
TILLS = 16
"""A lane has one or two tills. More are a mistake or an attack, and each costs memory."""
TILL_SILENT_S = 60.0
"""A till sends something every second. One that was silent for this long leaves room for another."""
PLACE_KEPT_S = 24 * 3600.0
"""A till that was switched off overnight is served at once, even if others have come since."""
PLACES = 64
"""Tills within PLACE_KEPT_S, each at a few hundred bytes. Tills that have a key are not limited."""
MESSAGES_A_SECOND = 50.0
"""Per till. A cashier scans two items a second, and a till that reconnects sends its whole sale."""
BURST = 200
"""Messages accepted at once: those that a till kept while the agent was away."""
PENALTY_S = 5.0
"""A till that exceeds its rate is ignored for this long; dropping messages unread costs less than reading them."""
WAITING_MESSAGES = 100
"""Queue length of messages to each till. Beyond it they are dropped."""
RECEIVED_MESSAGES = 6
"""Queue length of messages from each till; beyond it they wait in the till. 16 tills with full queues of the longest
messages take 96 MiB."""
MESSAGES_A_POLL = 100
"""At about 0.1 ms each, they delay the camera by 10 ms at most."""
BYTES_A_POLL = 256 * 1024
"""After so many bytes the other messages wait for the next poll. 500 basket lines take 3 ms, the worst message
45 ms."""
FRAMES_A_POLL = 1000
"""Counts frames dropped unread too, at a few microseconds each."""
HANDSHAKES_A_POLL = 50
"""At about 0.1 ms each, so that unknown clients cannot take more of the agent's time than the tills."""
HANDSHAKE_REPLY_S = 0.02
"""At the earliest, the agent answers a handshake's request after this time: see `Authenticator`."""
HANDSHAKE_MS = 2_000
"""Timeout of the handshake: a client that connects and sends nothing holds an open file. A till that was told to try
again also waits this long."""
HEARTBEAT_MS = 1_000
"""Interval of ZeroMQ's heartbeats. ZeroMQ closes a connection that answers none for twice this long."""
LIVE_BYTES = 1024
"""Longest message on the live channel: a screen sends only the handshake and topic names."""
TOPICS = 64
"""Topic names that screens may subscribe to. ZeroMQ stores them all, at some 50 bytes of memory per byte of a name."""


class RateLimiter:
    """Limits the messages of one till: MESSAGES_A_SECOND on average, BURST at once. Times are of a monotonic clock."""

    def __init__(self, now_s: float) -> None:
        self._left, self._counted_s, self._ignored_until_s = float(BURST), now_s, now_s

    def accept(self, now_s: float, size: int = 0) -> bool:
        """Whether to accept one more message, of `size` bytes. The first one above the rate starts the penalty."""
        if self.ignored(now_s):
            return False
        self._left = min(BURST, self._left + (now_s - self._counted_s) * MESSAGES_A_SECOND)
        self._counted_s = now_s
        cost = 1 + size // BYTES_A_MESSAGE
        if self._left < cost:
            self._ignored_until_s = now_s + PENALTY_S
            return False
        self._left -= cost
        return True

    def ignored(self, now_s: float) -> bool:
        """Whether the penalty is still running."""
        return now_s < self._ignored_until_s

    def silent_s(self, now_s: float) -> float:
        """Seconds since the last message that was not ignored."""
        return now_s - self._counted_s
