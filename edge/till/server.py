"""The agent's two channels: a ROUTER for the tills and a live channel for screens. Both carry CloudEvents in JSON."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import zmq

from edge.commands import shown
from edge.errors import EdgeError, UsageError
from edge.language.words import words
from edge.till.authentication import Authenticator
from edge.till.keys import NO_NAME, is_till_name
from edge.till.limits import (
    BYTES_A_POLL,
    FRAMES_A_POLL,
    MESSAGES_A_POLL,
    MESSAGES_A_SECOND,
    PENALTY_S,
    TILLS,
    RateLimiter,
)
from edge.till.live import LiveChannel
from edge.till.messages import Error
from edge.till.places import TillPlaces
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

    def __init__(self, settings: TillSettings, keys: Keys | None = None, *, patient: bool = False) -> None:
        """patient: go on without a live channel whose address is in use, and try it again and again.

        Raises UsageError for an address that is invalid or in use, for a public one while no till has a key, and for
        keys that other users may read or change."""
        self._context = zmq.Context()
        self._context.linger = 200
        self.rejections = Rejections()
        """Of both channels. Their user adds the messages that it cannot use."""
        self._places = TillPlaces()
        self._nameless = RateLimiter(time.monotonic())
        """All clients without a valid name share one limit."""
        self._frames: list[zmq.Frame] = []
        try:
            addresses = {"till.reliable": settings.reliable, "till.live": settings.live}
            authenticators = self._authenticators(addresses, keys)
            reliable, live = authenticators["till.reliable"], authenticators["till.live"]
            self._authenticator = reliable or live
            self._reliable_authenticator = reliable
            self._live = LiveChannel(self._context, settings.live, live, self.rejections, patient=patient)
            self._reliable = bind(self._context, zmq.ROUTER, "till.reliable", settings.reliable, reliable)
        except EdgeError:
            self._context.destroy()
            raise

    def _authenticators(self, addresses: dict[str, str], keys: Keys | None) -> dict[str, Authenticator | None]:
        """By setting: None for a loopback address, the same authenticator for every public one."""
        public = public_settings(addresses, keys)
        if not public or not keys:
            return dict.fromkeys(addresses)
        authenticator = Authenticator(self._context, keys, self.rejections)
        return {setting: authenticator if setting in public else None for setting in addresses}

    @property
    def addresses(self) -> tuple[str, str]:
        """The reliable and the live address as they were bound, with the port that a `*` got."""
        return self._reliable.get_string(zmq.LAST_ENDPOINT), self._live.address

    @property
    def problem(self) -> str:
        """Why the live channel does not work, in one sentence; empty while it does. Safe from any thread."""
        return self._live.problem

    @property
    def tills(self) -> tuple[bytes, ...]:
        """The names of the tills that have sent a message and were not forgotten since."""
        return self._places.connected

    def poll(self) -> list[tuple[bytes, ReceivedMessage | Error]]:
        """The messages since the last call: the till's name, and the message or the error that answers it. Does not
        wait.

        The work per call is limited, and ZeroMQ reads its connections in turn, so no client can block the others.
        """
        now_s = time.monotonic()
        if self._authenticator and (revoked := self._authenticator.poll(now_s)):
            self._places.remove({till.encode() for till in revoked})
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
            if (name := self._sender(frames[0].bytes, frames[-1])) and self._accepts(name, len(frames[-1]), now_s):
                received.append((name, self._read(frames)))
                size += len(frames[-1])
            if len(received) == MESSAGES_A_POLL or size >= BYTES_A_POLL:
                break
        return received

    def send(self, till: bytes, event: Event) -> None:
        """Send to one till. Does not wait: a message to a till that is rejected, forgotten or gone is dropped."""
        address: bytes | None = till
        if is_till_name(till):
            if not self._places.is_connected(till):
                return
            if self._reliable_authenticator:
                address = self._reliable_authenticator.routing_id_of(till.decode())
        if address:
            self._reliable.send_multipart([address, event.to_json().encode()], zmq.NOBLOCK)

    def forget(self, till: bytes) -> None:
        """Send a till nothing until its next message. A till under the penalty of its rate limit is kept."""
        self._places.forget(till, time.monotonic())

    def publish(self, topic: str, event: Event) -> None:
        """Send to the topic's subscribers on the live channel. Does not wait."""
        self._live.publish(topic, event.to_json().encode())

    def close(self) -> None:
        self._context.destroy()

    def _sender(self, routing_id: bytes, body: zmq.Frame) -> bytes | None:
        """The name of the till that sent a message: of its key where keys are needed, else its routing id. None for a
        message to reject, which is counted."""
        if not self._reliable_authenticator:
            return routing_id
        key = str(body.get("User-Id"))
        till = self._reliable_authenticator.till_of(key)
        if till is None:
            self.rejections.add(
                "revoked key", "a till", f"its key {key} was revoked: make a new one, edge-agent keys new"
            )
        elif routing_id != self._reliable_authenticator.routing_id_of(till):
            self.rejections.add("another's name", till, "it has not the name that the agent gave it: restart it")
        else:
            return till.encode()
        return None

    def _accepts(self, name: bytes, size: int, now_s: float) -> bool:
        """Whether to parse a message of `size` bytes. Counts it as rejected otherwise."""
        if not is_till_name(name):
            if self._nameless.accept(now_s, size):
                return True
            self.rejections.add("no name", "a till", NO_NAME)
            return False
        limiter = self._places.admit(name, now_s, has_key=self._reliable_authenticator is not None)
        if limiter is None:
            why = words(
                "{tills} tills are connected: switch one off, and wait; if they change their names, restart the agent",
                tills=TILLS,
            )
            self.rejections.add("too many tills", name.decode(), why)
            return False
        if not limiter.accept(now_s, size):
            why = words(
                "more than {rate:.0f} messages a second: it is ignored for {seconds:.0f} s",
                rate=MESSAGES_A_SECOND,
                seconds=PENALTY_S,
            )
            self.rejections.add("too fast", name.decode(), why)
            return False
        return True

    @staticmethod
    def _read(frames: list[zmq.Frame]) -> ReceivedMessage | Error:
        if len(frames) != _FRAMES_A_MESSAGE:
            return Error(code="malformed", text="a message is one frame with one JSON object, this had more")
        return read_message(frames[1].bytes)


def public_settings(addresses: dict[str, str], keys: Keys | None) -> list[str]:
    """The settings whose addresses other machines can reach. addresses: by setting. Raises UsageError for an address
    that is not valid, for a public one while no till has a key, and for keys that other users may read or change."""
    tills = keys.tills() if keys else []
    public = [setting for setting, address in addresses.items() if is_public(setting, address)]
    if public and not tills:
        raise UsageError(
            words(
                "{setting} = {address} can be reached from other machines, and no till has a key: make one "
                "with edge-agent keys new TILL, or use tcp://127.0.0.1:PORT",
                setting=public[0],
                address=shown(addresses[public[0]]),
            )
        )
    return public
