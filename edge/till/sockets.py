"""Binds the agent's ZeroMQ sockets: checks addresses, requires keys on public ones, and sets ZeroMQ's own limits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import zmq

from edge.commands import shown
from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.till.limits import (
    CURVE_BYTES,
    HANDSHAKE_MS,
    HEARTBEAT_MS,
    LIVE_BYTES,
    RECEIVED_BYTES,
    RECEIVED_MESSAGES,
    WAITING_MESSAGES,
)

if TYPE_CHECKING:
    from edge.till.authentication import Authenticator

_SOCKET_ADDRESS = re.compile(r"tcp://([\w.-]+|\*|\[[\w.:%]+\]):(?P<port>\d{1,5}|\*)|(ipc|inproc)://.+")
_LOOPBACK = re.compile(r"tcp://(127(\.\d{1,3}){3}|localhost|\[::1\]):.+|(ipc|inproc)://.+")


def is_public(setting: str, address: str) -> bool:
    """Whether other machines can reach an address, so that it needs keys. setting: its name, for errors. Raises
    UsageError when the address is not valid."""
    parts = _SOCKET_ADDRESS.fullmatch(address)
    if not parts:
        raise UsageError(
            words(
                "{setting} = {address} is not a valid address: use tcp://127.0.0.1:PORT or ipc://FILE on "
                "this box, and tcp://ADDRESS:PORT from outside",
                setting=setting,
                address=shown(address),
            )
        )
    port = parts["port"] or ""
    if port.isdecimal() and int(port) > 65535:
        raise UsageError(
            words(
                "{setting} = {address}: there is no port {port}: use 1 to 65535",
                setting=setting,
                address=shown(address),
                port=port,
            )
        )
    return not _LOOPBACK.fullmatch(address)


def bind(
    context: zmq.Context[zmq.Socket[bytes]],
    kind: int,
    setting: str,
    address: str,
    authenticator: Authenticator | None,
) -> zmq.Socket[bytes]:
    """A bound socket. kind: ROUTER or XPUB. authenticator: None for a socket without keys.

    Raises UsageError when the address is not valid or in use, and RuntimeError for a public address without an
    authenticator.
    """
    if is_public(setting, address) and not authenticator:
        raise RuntimeError(f"{setting} = {shown(address)} would let everybody in")
    socket: zmq.Socket[bytes] = context.socket(kind)
    socket.maxmsgsize = (RECEIVED_BYTES if kind == zmq.ROUTER else LIVE_BYTES) + (CURVE_BYTES if authenticator else 0)
    socket.sndhwm = WAITING_MESSAGES
    socket.rcvhwm = RECEIVED_MESSAGES if kind == zmq.ROUTER else WAITING_MESSAGES
    socket.handshake_ivl = HANDSHAKE_MS
    socket.ipv6 = "[" in address
    socket.heartbeat_ivl, socket.heartbeat_timeout = HEARTBEAT_MS, 2 * HEARTBEAT_MS
    if kind == zmq.ROUTER:
        # A till that reconnects takes over its routing id from its broken connection. With keys no other client can:
        # see `Authenticator`.
        socket.router_handover = True
    if authenticator:
        authenticator.protect(socket, setting)
    try:
        socket.bind(address)
    except zmq.ZMQError as problem:
        socket.close(linger=0)
        in_use = problem.errno == zmq.EADDRINUSE
        stop = words("stop the other program, or choose another port")
        fix = stop if in_use else words("correct the address")
        # Not what the error says: that repeats the address.
        raise UsageError(
            words(
                "{setting} = {address}: {reason}: {fix}",
                setting=setting,
                address=shown(address),
                reason=system_words(zmq.strerror(problem.errno or 0)),
                fix=fix,
            )
        ) from None
    return socket
