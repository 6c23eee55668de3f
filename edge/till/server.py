"""The agent's two sockets: ROUTER for the tills, PUB for whoever watches. CloudEvents in JSON on both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import zmq

from edge.errors import UsageError
from edge.till.messages import Event, parse

if TYPE_CHECKING:
    from edge.config import TillSettings

_LOOPBACK = re.compile(r"tcp://(127(\.\d{1,3}){3}|localhost|\[::1\]):(?P<port>\d{1,5}|\*)|(ipc|inproc)://.+")
_MOST_BYTES = 64 * 1024
_MOST_MESSAGES_A_POLL = 100


class TillServer:
    """Binds both sockets. Not thread-safe: poll and send from one thread."""

    def __init__(self, settings: TillSettings) -> None:
        """Raises UsageError for an address that is public, in use, or none."""
        self._context = zmq.Context()
        self._context.linger = 200
        try:
            self._live = self._bind(zmq.PUB, "till.live", settings.live)
            self._reliable = self._bind(zmq.ROUTER, "till.reliable", settings.reliable)
        except UsageError:
            self._context.destroy()
            raise
        self._tills: set[bytes] = set()

    def _bind(self, kind: int, setting: str, address: str) -> zmq.Socket[bytes]:
        address_parts = _LOOPBACK.fullmatch(address)
        if not address_parts:
            raise UsageError(
                f"{setting} = {address!r} is not a loopback or ipc address: away from loopback the agent needs keys, "
                "and this version has none; use tcp://127.0.0.1:PORT"
            )
        port = address_parts["port"] or ""
        if port.isdecimal() and int(port) > 65535:
            raise UsageError(f"{setting} = {address!r}: there is no port {port}: use 1 to 65535")
        socket: zmq.Socket[bytes] = self._context.socket(kind)
        socket.maxmsgsize = _MOST_BYTES
        socket.ipv6 = "[" in address
        try:
            socket.bind(address)
        except zmq.ZMQError as problem:
            mend = "stop the other program, or choose another port" if problem.errno == zmq.EADDRINUSE else "mend it"
            raise UsageError(f"{setting} = {address!r}: {problem.strerror}: {mend}") from None
        return socket

    @property
    def addresses(self) -> tuple[str, str]:
        """The reliable and the live address as they were bound, with the port that a `*` got."""
        ends = [socket.get_string(zmq.LAST_ENDPOINT) for socket in (self._reliable, self._live)]
        return ends[0], ends[1]

    def poll(self) -> list[tuple[bytes, Event | ValueError]]:
        """What the tills sent since the last call: identity, and the message or why it is none. Does not wait."""
        heard: list[tuple[bytes, Event | ValueError]] = []
        while len(heard) < _MOST_MESSAGES_A_POLL and self._reliable.poll(0):
            till, *frames = self._reliable.recv_multipart()
            self._tills.add(till)
            try:
                if len(frames) != 1:
                    raise ValueError(f"a message is one frame with one JSON object, this had {len(frames)}")
                heard.append((till, parse(frames[0])))
            except ValueError as problem:
                heard.append((till, problem))
        return heard

    def send(self, till: bytes, event: Event) -> None:
        """To one till. A till that has gone is not waited for."""
        self._reliable.send_multipart([till, event.to_json().encode()], zmq.NOBLOCK)

    def tell_all(self, event: Event) -> None:
        """To every till that has spoken."""
        for till in self._tills:
            self.send(till, event)

    def publish(self, topic: str, event: Event) -> None:
        """To whoever listens on the live channel; nobody is waited for."""
        self._live.send_multipart([topic.encode(), event.to_json().encode()], zmq.NOBLOCK)

    def close(self) -> None:
        self._context.destroy()
