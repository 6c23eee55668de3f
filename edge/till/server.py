"""The agent's two channels: a ROUTER for the tills and a live channel for screens. Both carry CloudEvents in JSON."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import zmq

from edge.errors import EdgeError, UsageError
from edge.till.authentication import Authenticator
from edge.till.keys import NO_NAME, is_till_name
from edge.till.limits import (
    BYTES_A_POLL,
    FRAMES_A_POLL,
    MESSAGES_A_POLL,
    MESSAGES_A_SECOND,
    PENALTY_S,
    TILL_SILENT_S,
    TILLS,
    RateLimiter,
)
from edge.till.live import LiveChannel
from edge.till.messages import Error
from edge.till.reading import ReceivedMessage, read_message
from edge.till.rejections import Rejections
from edge.till.sockets import bind, is_public

if TYPE_CHECKING:
    from edge.settings.sections import TillSettings
    from edge.till.envelope import Event
    from edge.till.keys import Keys

_FRAMES_A_MESSAGE = 2
"""As the ROUTER receives it: the till's identity, and the JSON."""


class TillServer:
    """Binds both channels. Not thread-safe: poll and send from one thread.

    An address that other machines can reach accepts only CURVE, with the keys of known tills.
    """

    def __init__(self, settings: TillSettings, keys: Keys | None = None) -> None:
        """Raises UsageError for an address that is invalid or in use, for a public one while no till has a key, and for
        keys that other users may read or change."""
        self._context = zmq.Context()
        self._context.linger = 200
        self.rejections = Rejections()
        """Of both channels. Their user adds the messages that it cannot use."""
        self._limiters: dict[bytes, RateLimiter] = {}
        self._nameless = RateLimiter(time.monotonic())
        """All clients without a valid name share one limit."""
        self._frames: list[zmq.Frame] = []
        try:
            addresses = {"till.reliable": settings.reliable, "till.live": settings.live}
            authenticators = self._authenticators(addresses, keys)
            reliable, live = authenticators["till.reliable"], authenticators["till.live"]
            self._authenticator = reliable or live
            self._reliable_needs_keys = reliable is not None
            self._live = LiveChannel(self._context, settings.live, live, self.rejections)
            self._reliable = bind(self._context, zmq.ROUTER, "till.reliable", settings.reliable, reliable)
        except EdgeError:
            self._context.destroy()
            raise

    def _authenticators(self, addresses: dict[str, str], keys: Keys | None) -> dict[str, Authenticator | None]:
        """By setting: None for a loopback address, the same authenticator for every public one."""
        tills = keys.tills() if keys else []
        public = [setting for setting, address in addresses.items() if is_public(setting, address)]
        if not public:
            return dict.fromkeys(addresses)
        if not keys or not tills:
            raise UsageError(
                f"{public[0]} = {addresses[public[0]]!r} can be reached from other machines, and no till has a key: "
                "make one with edge-agent keys new TILL, or use tcp://127.0.0.1:PORT"
            )
        authenticator = Authenticator(self._context, keys, self.rejections)
        return {setting: authenticator if setting in public else None for setting in addresses}

    @property
    def addresses(self) -> tuple[str, str]:
        """The reliable and the live address as they were bound, with the port that a `*` got."""
        return self._reliable.get_string(zmq.LAST_ENDPOINT), self._live.address

    @property
    def tills(self) -> tuple[bytes, ...]:
        """The identities of the tills that have sent a message and were not forgotten since."""
        return tuple(self._limiters)

    def poll(self) -> list[tuple[bytes, ReceivedMessage | Error]]:
        """The messages since the last call: the till's identity, and the message or the error that answers it. Does not
        wait.

        The work per call is limited, and ZeroMQ reads its connections in turn, so no client can block the others.
        """
        now_s = time.monotonic()
        if self._authenticator and (revoked := self._authenticator.poll(now_s)):
            self._limiters = {name: limiter for name, limiter in self._limiters.items() if name.decode() not in revoked}
            self._live.disconnect_all()
        self._live.poll()
        received: list[tuple[bytes, ReceivedMessage | Error]] = []
        size = 0
        for _ in range(FRAMES_A_POLL):
            try:
                frame = self._reliable.recv(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                break
            # A client may send any number of frames. One too many is enough to reject the message.
            if len(self._frames) <= _FRAMES_A_MESSAGE:
                self._frames.append(frame)
            if frame.more:
                continue
            frames, self._frames = self._frames, []
            name = frames[0].bytes
            if self._accepts(name, frames[-1], now_s):
                received.append((name, self._read(frames)))
                size += len(frames[-1])
            if len(received) == MESSAGES_A_POLL or size >= BYTES_A_POLL:
                break
        return received

    def send(self, till: bytes, event: Event) -> None:
        """Send to one till. Does not wait: a message to a till that is rejected, forgotten or gone is dropped."""
        if till in self._limiters or not is_till_name(till):
            self._reliable.send_multipart([till, event.to_json().encode()], zmq.NOBLOCK)

    def forget(self, till: bytes) -> None:
        """Send a till nothing until its next message. A till under the penalty of its rate limit is kept."""
        if till in self._limiters and not self._limiters[till].ignored(time.monotonic()):
            del self._limiters[till]

    def publish(self, topic: str, event: Event) -> None:
        """Send to the topic's subscribers on the live channel. Does not wait."""
        self._live.publish(topic, event.to_json().encode())

    def close(self) -> None:
        self._context.destroy()

    def _accepts(self, name: bytes, body: zmq.Frame, now_s: float) -> bool:
        """Whether to parse a message. Counts it as rejected otherwise."""
        if self._reliable_needs_keys and not self._has_own_key(name, body, now_s):
            return False
        if not is_till_name(name):
            if self._nameless.accept(now_s, len(body)):
                return True
            self.rejections.add("no name", "a till", NO_NAME)
            return False
        if name not in self._limiters and not self._has_room(now_s):
            self.rejections.add(
                "too many tills", name.decode(), f"{TILLS} tills are connected: switch one off, and wait"
            )
            return False
        limiter = self._limiters.setdefault(name, RateLimiter(now_s))
        if not limiter.accept(now_s, len(body)):
            why = f"more than {MESSAGES_A_SECOND:.0f} messages a second: it is ignored for {PENALTY_S:.0f} s"
            self.rejections.add("too fast", name.decode(), why)
            return False
        return True

    def _has_own_key(self, name: bytes, body: zmq.Frame, now_s: float) -> bool:
        """Whether a message came with the key of the till named by its identity."""
        assert self._authenticator
        key = str(body.get("User-Id"))
        till = self._authenticator.till_of(key)
        if till is None:
            self.rejections.add("revoked key", repr(name), "its key was revoked: make a new one, edge-agent keys new")
            return False
        if is_till_name(name) and name != till.encode():
            # Messages for this name would reach the wrong till until the right one reconnects.
            self._limiters.pop(name, None)
            self._authenticator.block(key, now_s)
            self.rejections.add(
                "another's name", till, f"it uses the identity {name.decode()}: set its identity to {till}"
            )
            return False
        return True

    def _has_room(self, now_s: float) -> bool:
        """Whether one more till can be served. Forgets the till that was silent longest, if longer than
        TILL_SILENT_S."""
        if len(self._limiters) < TILLS:
            return True
        longest = max(self._limiters, key=lambda name: self._limiters[name].silent_s(now_s))
        if self._limiters[longest].silent_s(now_s) < TILL_SILENT_S:
            return False
        del self._limiters[longest]
        return True

    @staticmethod
    def _read(frames: list[zmq.Frame]) -> ReceivedMessage | Error:
        if len(frames) != _FRAMES_A_MESSAGE:
            return Error(code="malformed", text="a message is one frame with one JSON object, this had more")
        return read_message(frames[1].bytes)
