"""Who may connect: answers what ZeroMQ asks about each CURVE key (ZAP, rfc.zeromq.org/spec/27) from the keys folder."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import zmq
from zmq.utils import z85

from edge.errors import RunError, UsageError
from edge.till.limits import BARRED_S, HANDSHAKES_A_POLL

if TYPE_CHECKING:
    from edge.till.keys import Keys
    from edge.till.limits import Refusals

log = logging.getLogger(__name__)

_READ_EVERY_S = 0.5
"""The keys folder: a revoked key is refused within a second."""
_TRY_AGAIN = b"300"
"""After 400, ZeroMQ's other answer, a till whose key is made a moment later would stay away until it is restarted."""


class Authenticator:
    """Knows the keys of the tills. No thread: a handshake waits for the next `poll`."""

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], keys: Keys, refusals: Refusals) -> None:
        """Takes the place that the sockets of this context ask, so make it before they are bound. Raises UsageError and
        RunError as `Keys` does."""
        self._keys, self._refusals = keys, refusals
        self._public, self._secret = keys.agent()
        self._names = {key.public: key.till for key in keys.tills()}
        self._barred_until_s: dict[str, float] = {}
        self._read_s = -_READ_EVERY_S
        self._problem = ""
        self._questions: zmq.Socket[bytes] = context.socket(zmq.REP)
        self._questions.bind("inproc://zeromq.zap.01")

    def guard(self, socket: zmq.Socket[bytes], domain: str) -> None:
        """Let a socket speak nothing but CURVE, and with nobody who was not let in here. Call it before binding."""
        socket.curve_server = True
        socket.curve_publickey, socket.curve_secretkey = self._public, self._secret
        socket.zap_domain = domain.encode()
        # Without it ZeroMQ lets every key in when nobody answers its questions.
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)

    def poll(self, now_s: float) -> set[str]:
        """Let in who waits at the door; returns the tills whose key has been revoked since the last call."""
        revoked = self._read_keys(now_s)
        for _ in range(HANDSHAKES_A_POLL):
            try:
                question = self._questions.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                break
            self._questions.send_multipart(self._answer(question, now_s))
        return revoked

    def till_of(self, key: str) -> str | None:
        """The till that a key belongs to, None when it was revoked. key: the `User-Id` of a message."""
        return self._names.get(key)

    def bar(self, key: str, now_s: float) -> None:
        """Keep a key out for a while, once its connection is cut."""
        self._barred_until_s[key] = now_s + BARRED_S

    def _read_keys(self, now_s: float) -> set[str]:
        if now_s - self._read_s < _READ_EVERY_S:
            return set()
        self._read_s = now_s
        before, problem = self._names, ""
        try:
            self._names = {key.public: key.till for key in self._keys.tills()}
        except UsageError as loose:
            # Whoever could change the keys could have added one.
            self._names, problem = {}, f"{loose}; until then no till can connect"
        except RunError as unreadable:
            # Else a stranger who opens every file the agent may have could cut off the tills.
            problem = f"{unreadable}; until then the keys are those read before"
        if problem and problem != self._problem:
            log.error("%s", problem)
        self._problem = problem
        self._barred_until_s = {key: until_s for key, until_s in self._barred_until_s.items() if now_s < until_s}
        return {till for key, till in before.items() if key not in self._names}

    def _answer(self, question: list[bytes], now_s: float) -> list[bytes]:
        """Of ZAP. question: version, request, domain, address, identity, mechanism, and the 32 bytes of a CURVE key."""
        version, request, _, address, _, mechanism, *credentials = question
        key = z85.encode(credentials[0]).decode() if mechanism == b"CURVE" else ""
        client = f"a client at {address.decode(errors='replace')}"
        if key not in self._names:
            self._refusals.add("unknown key", client, f"key {key} is unknown or revoked: edge-agent keys list")
            return [version, request, _TRY_AGAIN, b"unknown key", b"", b""]
        if now_s < self._barred_until_s.get(key, now_s):
            self._refusals.add("barred key", client, f"it has just spoken as another till than {self._names[key]}")
            return [version, request, _TRY_AGAIN, b"barred for a while", b"", b""]
        return [version, request, b"200", b"OK", key.encode(), b""]
