"""Decides which CURVE keys may connect: answers ZeroMQ's ZAP requests (rfc.zeromq.org/spec/27) from the keys folder."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import zmq
from zmq.utils import z85

from edge.errors import RunError, UsageError
from edge.till.limits import BLOCKED_KEY_S, HANDSHAKES_A_POLL

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
    """Accepts the keys of known tills. Runs no thread: a handshake waits for the next `poll`."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], keys: Keys, rejections: Rejections) -> None:
        """Binds the ZAP address of this context, so create it before any socket is bound. Raises UsageError and
        RunError as `Keys` does."""
        self._keys, self._rejections = keys, rejections
        self._public, self._secret = keys.agent()
        self._tills_by_key = {key.public: key.till for key in keys.tills()}
        self._blocked_until_s: dict[str, float] = {}
        self._keys_read_s = -_READ_KEYS_EVERY_S
        self._problem = ""
        self._zap: zmq.Socket[bytes] = context.socket(zmq.REP)
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
            self._zap.send_multipart(self._reply(request, now_s))
        return revoked

    def till_of(self, key: str) -> str | None:
        """The till that owns a key, None when the key was revoked. key: the `User-Id` property of a message."""
        return self._tills_by_key.get(key)

    def block(self, key: str, now_s: float) -> None:
        """Reject new connections with a key for BLOCKED_KEY_S. Connections that exist stay open."""
        self._blocked_until_s[key] = now_s + BLOCKED_KEY_S

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
        self._blocked_until_s = {key: until_s for key, until_s in self._blocked_until_s.items() if now_s < until_s}
        return {till for key, till in before.items() if key not in self._tills_by_key}

    def _reply(self, request: list[bytes], now_s: float) -> list[bytes]:
        """The ZAP reply. request: version, request id, domain, address, identity, mechanism, and the 32-byte CURVE
        key."""
        version, request_id, _, address, _, mechanism, *credentials = request
        key = z85.encode(credentials[0]).decode() if mechanism == b"CURVE" else ""
        client = f"a client at {address.decode(errors='replace')}"
        if key not in self._tills_by_key:
            self._rejections.add("unknown key", client, f"key {key} is unknown or revoked: edge-agent keys list")
            return [version, request_id, _TRY_AGAIN, b"unknown key", b"", b""]
        if now_s < self._blocked_until_s.get(key, now_s):
            till = self._tills_by_key[key]
            self._rejections.add("barred key", client, f"the key of {till} was just used under another till's name")
            return [version, request_id, _TRY_AGAIN, b"barred for a while", b"", b""]
        return [version, request_id, b"200", b"OK", key.encode(), b""]
