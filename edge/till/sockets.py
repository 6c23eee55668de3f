"""Binding a socket of the agent: which addresses there are, which of them need keys, and what ZeroMQ itself limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import zmq

from edge.errors import UsageError
from edge.till.limits import CURVE_BYTES, HANDSHAKE_MS, HEARTBEAT_MS, LIVE_BYTES, MESSAGE_BYTES, WAITING_MESSAGES

if TYPE_CHECKING:
    from edge.till.authentication import Authenticator

_ADDRESS = re.compile(r"tcp://([\w.-]+|\*|\[[\w.:%]+\]):(?P<port>\d{1,5}|\*)|(ipc|inproc)://.+")
_LOOPBACK = re.compile(r"tcp://(127(\.\d{1,3}){3}|localhost|\[::1\]):.+|(ipc|inproc)://.+")


def is_public(setting: str, address: str) -> bool:
    """Whether another machine may reach an address, so that it needs keys. Raises UsageError when it is no address."""
    parts = _ADDRESS.fullmatch(address)
    if not parts:
        raise UsageError(
            f"{setting} = {address!r} is no address: use tcp://127.0.0.1:PORT or ipc://FILE on this box, "
            "and tcp://ADDRESS:PORT from outside"
        )
    port = parts["port"] or ""
    if port.isdecimal() and int(port) > 65535:
        raise UsageError(f"{setting} = {address!r}: there is no port {port}: use 1 to 65535")
    return not _LOOPBACK.fullmatch(address)


def bind(
    context: zmq.Context[zmq.Socket[bytes]], kind: int, setting: str, address: str, gate: Authenticator | None
) -> zmq.Socket[bytes]:
    """A bound socket. gate: who decides about the keys; None for a plain socket, which is never bound to a public
    address. Raises UsageError."""
    if is_public(setting, address) and not gate:
        raise RuntimeError(f"{setting} = {address!r} would let everybody in")
    socket: zmq.Socket[bytes] = context.socket(kind)
    socket.maxmsgsize = (MESSAGE_BYTES if kind == zmq.ROUTER else LIVE_BYTES) + (CURVE_BYTES if gate else 0)
    socket.sndhwm = socket.rcvhwm = WAITING_MESSAGES
    socket.handshake_ivl = HANDSHAKE_MS
    socket.ipv6 = "[" in address
    socket.heartbeat_ivl, socket.heartbeat_timeout = HEARTBEAT_MS, 2 * HEARTBEAT_MS
    if kind == zmq.ROUTER:
        # A till that connects again takes its name over from the connection that broke. ZeroMQ leaves the old one open
        # but deaf; its heartbeats then fail, so that a till whose name another one took connects again.
        socket.router_handover = True
    if gate:
        gate.guard(socket, setting)
    try:
        socket.bind(address)
    except zmq.ZMQError as problem:
        socket.close(linger=0)
        mend = "stop the other program, or choose another port" if problem.errno == zmq.EADDRINUSE else "mend it"
        raise UsageError(f"{setting} = {address!r}: {problem.strerror}: {mend}") from None
    return socket
