"""The live channel, for screens: messages may be lost."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import zmq

from edge.errors import UsageError
from edge.settings.outputs import RETRY_S, OptionalOutput
from edge.till.limits import FRAMES_A_POLL, TOPICS
from edge.till.sockets import bind

if TYPE_CHECKING:
    from edge.till.authentication import Authenticator
    from edge.till.rejections import Rejections

_SETTING = "till.live"
_SUBSCRIBE = b"\1"


class LiveChannel:
    """A PUB socket for its clients. Bound as XPUB, which also reports their subscriptions."""

    def __init__(
        self,
        context: zmq.Context[zmq.Socket[bytes]],
        address: str,
        authenticator: Authenticator | None,
        rejections: Rejections,
        *,
        patient: bool = False,
    ) -> None:
        """authenticator: None for a socket without keys. patient: try an address that cannot be bound again and again;
        otherwise raise UsageError."""
        self._context, self._authenticator, self._rejections = context, authenticator, rejections
        self.address = address
        """As it was bound, with the port that a `*` got."""
        self._output = OptionalOutput("the live channel", verb="served")
        self._socket: zmq.Socket[bytes] | None = None
        self._topics: set[bytes] = set()
        self._closed_s, self._next_try_s = -math.inf, -math.inf
        with self._output.opening(patient=patient):
            self._bind()

    @property
    def problem(self) -> str:
        """Why screens receive nothing, in one sentence; empty while they do. May be read from any thread."""
        return self._output.problem

    def poll(self) -> None:
        """Read new subscriptions, and disconnect all screens when there are too many topics. Does not wait."""
        if not self._socket:
            self._open()
            return
        for _ in range(FRAMES_A_POLL):
            try:
                request = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            if request[:1] == _SUBSCRIBE:
                self._topics.add(request[1:])
            else:
                self._topics.discard(request[1:])
            if len(self._topics) > TOPICS:
                self._rejections.add("topics", "a screen", f"more than {TOPICS} topics: all screens must reconnect")
                self.disconnect_all()
                return

    def publish(self, topic: str, body: bytes) -> None:
        """Send to the subscribers of a topic. Does not wait."""
        if self._socket:
            self._socket.send_multipart([topic.encode(), body], zmq.NOBLOCK)

    def disconnect_all(self) -> None:
        """Close every connection and free its memory. Clients whose keys are valid reconnect by themselves."""
        if self._socket:
            self._socket.close(linger=0)
        self._socket = None
        self._topics.clear()
        self._closed_s = time.monotonic()

    def _open(self) -> None:
        now_s = time.monotonic()
        if now_s < self._next_try_s:
            return
        try:
            self._bind()
        except UsageError as problem:
            # ZeroMQ closes an old socket in the background; soon the address is free again.
            if now_s - self._closed_s > RETRY_S:
                self._output.fail(str(problem))
                self._next_try_s = now_s + RETRY_S
        else:
            self._output.works()

    def _bind(self) -> None:
        self._socket = bind(self._context, zmq.XPUB, _SETTING, self.address, self._authenticator)
        self.address = self._socket.get_string(zmq.LAST_ENDPOINT)
