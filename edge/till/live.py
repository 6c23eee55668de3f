"""The live channel: what whoever watches may hear. May be lost, carries no promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zmq

from edge.errors import UsageError
from edge.till.limits import FRAMES_A_POLL, TOPICS
from edge.till.sockets import bind

if TYPE_CHECKING:
    from edge.till.authentication import Authenticator
    from edge.till.limits import Refusals

_SETTING = "till.live"


class LiveChannel:
    """A PUB socket to its clients; here an XPUB, which is the same but tells what they subscribe to."""

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], address: str, gate: Authenticator | None, refusals: Refusals
    ) -> None:
        """Raises UsageError."""
        self._context, self._gate, self._refusals = context, gate, refusals
        self._socket: zmq.Socket[bytes] | None = bind(context, zmq.XPUB, _SETTING, address, gate)
        self.address = self._socket.get_string(zmq.LAST_ENDPOINT)
        self._topics: set[bytes] = set()

    def poll(self) -> None:
        """Hear what screens subscribe to. Does not wait."""
        if not self._socket:
            self._open()
            return
        for _ in range(FRAMES_A_POLL):
            try:
                said = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            if said[:1] == b"\1":
                self._topics.add(said[1:])
            else:
                self._topics.discard(said[1:])
            if len(self._topics) > TOPICS:
                self._refusals.add(
                    "topics", "a screen", f"more than {TOPICS} topics: every screen has to connect again"
                )
                self.cut_off()
                return

    def publish(self, topic: str, body: bytes) -> None:
        """To whoever has subscribed to the topic; nobody is waited for."""
        if self._socket:
            self._socket.send_multipart([topic.encode(), body], zmq.NOBLOCK)

    def cut_off(self) -> None:
        """Close every connection, and free what they took. Who may come connects again by itself."""
        if self._socket:
            self._socket.close(linger=0)
        self._socket = None
        self._topics.clear()

    def _open(self) -> None:
        try:
            self._socket = bind(self._context, zmq.XPUB, _SETTING, self.address, self._gate)
        except UsageError:
            # ZeroMQ closes in the background; the next poll tries again.
            return
