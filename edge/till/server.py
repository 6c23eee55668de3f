"""The agent's two channels: ROUTER for the tills, and the live one for whoever watches. CloudEvents in JSON on both."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import zmq

from edge.errors import EdgeError, UsageError
from edge.till.authentication import Authenticator
from edge.till.keys import NO_NAME, is_till_name
from edge.till.limits import (
    FRAMES_A_POLL,
    MESSAGES_A_POLL,
    MESSAGES_A_SECOND,
    PENALTY_S,
    TILL_SILENT_S,
    TILLS,
    Allowance,
    Refusals,
)
from edge.till.live import LiveChannel
from edge.till.messages import Event, parse
from edge.till.sockets import bind, is_public

if TYPE_CHECKING:
    from edge.settings.sections import TillSettings
    from edge.till.keys import Keys

_WHOLE = 2
"""Frames of a message as it arrives: the till's identity, and the JSON."""


class TillServer:
    """Binds both channels. Not thread-safe: poll and send from one thread.

    An address that another machine may reach speaks CURVE, with the tills that have a key and nobody else.
    """

    def __init__(self, settings: TillSettings, keys: Keys | None = None) -> None:
        """Raises UsageError for an address that is in use, or none, or public without a till's key, and for keys that
        others may read or change."""
        self._context = zmq.Context()
        self._context.linger = 200
        self._refusals = Refusals()
        self._tills: dict[bytes, Allowance] = {}
        self._nameless = Allowance(time.monotonic())
        self._frames: list[zmq.Frame] = []
        try:
            gates = self._make_gates({"till.reliable": settings.reliable, "till.live": settings.live}, keys)
            self._gate = gates["till.reliable"] or gates["till.live"]
            self._asks_for_keys = gates["till.reliable"] is not None
            self._live = LiveChannel(self._context, settings.live, gates["till.live"], self._refusals)
            self._reliable = bind(self._context, zmq.ROUTER, "till.reliable", settings.reliable, gates["till.reliable"])
        except EdgeError:
            self._context.destroy()
            raise

    def _make_gates(self, addresses: dict[str, str], keys: Keys | None) -> dict[str, Authenticator | None]:
        """For each setting the one gate if its address is public, else None."""
        tills = keys.tills() if keys else []
        public = [setting for setting, address in addresses.items() if is_public(setting, address)]
        if not public:
            return dict.fromkeys(addresses)
        if not keys or not tills:
            raise UsageError(
                f"{public[0]} = {addresses[public[0]]!r} can be reached from other machines, and no till has a key: "
                "make one with edge-agent keys new TILL, or use tcp://127.0.0.1:PORT"
            )
        gate = Authenticator(self._context, keys, self._refusals)
        return {setting: gate if setting in public else None for setting in addresses}

    @property
    def addresses(self) -> tuple[str, str]:
        """The reliable and the live address as they were bound, with the port that a `*` got."""
        return self._reliable.get_string(zmq.LAST_ENDPOINT), self._live.address

    @property
    def tills(self) -> tuple[bytes, ...]:
        """The tills that have spoken and were not forgotten since, by their identity."""
        return tuple(self._tills)

    @property
    def refused(self) -> int:
        """How many messages and connections were refused."""
        return self._refusals.counts.total()

    @property
    def refused_by_reason(self) -> dict[str, int]:
        return dict(self._refusals.counts)

    def poll(self) -> list[tuple[bytes, Event | ValueError]]:
        """What the tills sent since the last call: identity, and the message or why it is none. Does not wait.

        Its work is bounded whatever arrives, and ZeroMQ takes messages from its connections in turn, so nobody can keep
        the others waiting.
        """
        now_s = time.monotonic()
        if self._gate and (revoked := self._gate.poll(now_s)):
            self._tills = {name: till for name, till in self._tills.items() if name.decode() not in revoked}
            self._live.cut_off()
        self._live.poll()
        heard: list[tuple[bytes, Event | ValueError]] = []
        for _ in range(FRAMES_A_POLL):
            try:
                frame = self._reliable.recv(zmq.NOBLOCK, copy=False)
            except zmq.Again:
                break
            # One frame too many is enough to know, and a client may send any number.
            if len(self._frames) <= _WHOLE:
                self._frames.append(frame)
            if frame.more:
                continue
            frames, self._frames = self._frames, []
            name = frames[0].bytes
            if self._admits(name, frames[-1], now_s):
                heard.append((name, self._read(frames)))
            if len(heard) == MESSAGES_A_POLL:
                break
        return heard

    def send(self, till: bytes, event: Event) -> None:
        """To one till. A till that has gone is not waited for, and one that was refused or forgotten gets nothing."""
        if till in self._tills or not is_till_name(till):
            self._reliable.send_multipart([till, event.to_json().encode()], zmq.NOBLOCK)

    def forget(self, till: bytes) -> None:
        """Send nothing more to a till until it speaks again. Who is ignored for saying too much stays so."""
        if till in self._tills and not self._tills[till].ignored(time.monotonic()):
            del self._tills[till]

    def publish(self, topic: str, event: Event) -> None:
        """To whoever listens on the live channel; nobody is waited for."""
        self._live.publish(topic, event.to_json().encode())

    def close(self) -> None:
        self._context.destroy()

    def _admits(self, name: bytes, body: zmq.Frame, now_s: float) -> bool:
        """Whether a message is to be read; else it is counted and gone."""
        if self._asks_for_keys and not self._is_its_own(name, body, now_s):
            return False
        if not is_till_name(name):
            if self._nameless.take(now_s):
                return True
            self._refusals.add("no name", "a till", NO_NAME)
            return False
        if name not in self._tills and not self._has_room(now_s):
            self._refusals.add("too many tills", name.decode(), f"there are {TILLS} tills: switch one off, and wait")
            return False
        allowance = self._tills.setdefault(name, Allowance(now_s))
        if not allowance.take(now_s):
            mend = f"more than {MESSAGES_A_SECOND:.0f} messages a second: it is ignored for {PENALTY_S:.0f} s"
            self._refusals.add("too fast", name.decode(), mend)
            return False
        return True

    def _is_its_own(self, name: bytes, body: zmq.Frame, now_s: float) -> bool:
        """Whether a message came with the key of the till that it names."""
        assert self._gate
        key = str(body.get("User-Id"))
        till = self._gate.till_of(key)
        if till is None:
            self._refusals.add("revoked key", repr(name), "its key was revoked: give it a new one, edge-agent keys new")
            return False
        if is_till_name(name) and name != till.encode():
            # What is sent to this name would now reach the wrong till, until the right one connects again.
            self._tills.pop(name, None)
            self._gate.bar(key, now_s)
            self._refusals.add("another's name", till, f"it speaks as {name.decode()}: set its identity to {till}")
            return False
        return True

    def _has_room(self, now_s: float) -> bool:
        """Whether there is a place for one till more, if need be that of one that has long been silent."""
        if len(self._tills) < TILLS:
            return True
        longest = max(self._tills, key=lambda name: self._tills[name].silent_s(now_s))
        if self._tills[longest].silent_s(now_s) < TILL_SILENT_S:
            return False
        del self._tills[longest]
        return True

    @staticmethod
    def _read(frames: list[zmq.Frame]) -> Event | ValueError:
        if len(frames) != _WHOLE:
            return ValueError("a message is one frame with one JSON object, this had more")
        try:
            return parse(frames[1].bytes)
        except ValueError as problem:
            return problem
