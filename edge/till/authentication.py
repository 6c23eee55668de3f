"""Decides which CURVE keys may connect: answers ZeroMQ's ZAP requests (rfc.zeromq.org/spec/27) from the keys folder.

It also binds each connection to its key. A client chooses the routing id under which the ROUTER sends to it, so it
could choose that of another till. But the answer to a ZAP request may contain metadata of the connection, and ZeroMQ
uses an `Identity` in it instead of the client's. The agent sets one that only it knows, and sends to no other: whatever
a client claims to be, it receives only the messages for the till that its key belongs to.
"""

from __future__ import annotations

import logging
import secrets
from collections import deque
from typing import TYPE_CHECKING

import zmq
from zmq.utils import z85

from edge.errors import RunError, UsageError
from edge.till.limits import HANDSHAKE_REPLY_S, HANDSHAKES_A_POLL

if TYPE_CHECKING:
    from edge.till.keys import Keys
    from edge.till.rejections import Rejections

log = logging.getLogger(__name__)

_READ_KEYS_EVERY_S = 0.5
"""How often the keys folder is read, so that a revoked key is rejected within a second."""
_TRY_AGAIN = b"300"
"""ZAP status "temporary error". After 400, the other rejection, a client never retries: a till whose key is made a
moment later would stay offline until it is restarted."""


class Authenticator:
    """Accepts the keys of known tills. Runs no thread: a handshake waits for the next `poll`.

    A request is answered HANDSHAKE_REPLY_S later at the earliest. ZeroMQ looks for an answer right after it has sent
    the request, and only then reads the routing id that the client chose. If the answer were there already, the
    client's choice would win, and the connection be useless: the agent neither sends to it nor accepts its messages.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], keys: Keys, rejections: Rejections) -> None:
        """Binds the ZAP address of this context, so create it before any socket is bound. Raises UsageError and
        RunError as `Keys` does."""
        self._keys, self._rejections = keys, rejections
        self._public, self._secret = keys.agent()
        self._tills_by_key = {key.public: key.till for key in keys.tills()}
        self._routing_ids: dict[str, bytes] = {}
        """By key: ASCII, because ZeroMQ's own routing ids begin with a zero byte."""
        self._waiting: deque[tuple[float, list[bytes]]] = deque()
        """Requests, with the time at which they may be answered."""
        self._keys_read_s = -_READ_KEYS_EVERY_S
        self._problem = ""
        self._zap: zmq.Socket[bytes] = context.socket(zmq.ROUTER)
        self._zap.bind("inproc://zeromq.zap.01")

    def protect(self, socket: zmq.Socket[bytes], domain: str) -> None:
        """Make a socket accept CURVE only, with the keys accepted here. Call it before binding the socket."""
        socket.curve_server = True
        socket.curve_publickey, socket.curve_secretkey = self._public, self._secret
        socket.zap_domain = domain.encode()
        # Without this option ZeroMQ accepts every key when nothing answers its ZAP requests.
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)

    def poll(self, now_s: float) -> set[str]:
        """Answer pending handshakes. Returns the tills whose keys were revoked since the last call."""
        revoked = self._read_keys(now_s)
        for _ in range(HANDSHAKES_A_POLL):
            try:
                request = self._zap.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            self._waiting.append((now_s + HANDSHAKE_REPLY_S, request))
        for _ in range(HANDSHAKES_A_POLL):
            if not self._waiting or self._waiting[0][0] > now_s:
                break
            _, (session, delimiter, *request) = self._waiting.popleft()
            self._zap.send_multipart([session, delimiter, *self._reply(request)], zmq.NOBLOCK)
        return revoked

    def till_of(self, key: str) -> str | None:
        """The till that owns a key, None when the key was revoked. key: the `User-Id` property of a message."""
        return self._tills_by_key.get(key)

    def routing_id_of(self, till: str) -> bytes | None:
        """Where to send messages for a till; None when it has no key, or has never connected with it."""
        keys = (key for key, owner in self._tills_by_key.items() if owner == till)
        return self._routing_ids.get(next(keys, ""))

    def _read_keys(self, now_s: float) -> set[str]:
        if now_s - self._keys_read_s < _READ_KEYS_EVERY_S:
            return set()
        self._keys_read_s = now_s
        before, problem = self._tills_by_key, ""
        try:
            self._tills_by_key = {key.public: key.till for key in self._keys.tills()}
        except UsageError as unsafe:
            # A user who could change the keys could also have added one.
            self._tills_by_key, problem = {}, f"{unsafe}; until then no till can connect"
        except RunError as unreadable:
            # Keep the old keys. Otherwise a client that uses up the agent's open files could disconnect every till.
            problem = f"{unreadable}; until then the keys read before stay valid"
        if problem and problem != self._problem:
            log.error("%s", problem)
        self._problem = problem
        return {till for key, till in before.items() if key not in self._tills_by_key}

    def _reply(self, request: list[bytes]) -> list[bytes]:
        """The ZAP reply. request: version, request id, domain, address, identity, mechanism, and the 32-byte CURVE
        key."""
        version, request_id, _, address, _, mechanism, *credentials = request
        key = z85.encode(credentials[0]).decode() if mechanism == b"CURVE" else ""
        client = f"a client at {address.decode(errors='replace')}"
        if key not in self._tills_by_key:
            self._rejections.add("unknown key", client, f"key {key} is unknown or revoked: edge-agent keys list")
            return [version, request_id, _TRY_AGAIN, b"unknown key", b"", b""]
        routing_id = self._routing_ids.setdefault(key, secrets.token_hex(16).encode())
        return [version, request_id, b"200", b"OK", key.encode(), _metadata(b"Identity", routing_id)]


def _metadata(name: bytes, value: bytes) -> bytes:
    """One property, as ZAP encodes it: both lengths, in one byte and in four, before what they belong to."""
    return len(name).to_bytes(1, "big") + name + len(value).to_bytes(4, "big") + value
