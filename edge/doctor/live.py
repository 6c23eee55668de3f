"""Reads a running agent's states from its live channel, and finds out what kind of program answers at an address."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import zmq

from edge.till.envelope import parse
from edge.till.messages import State

if TYPE_CHECKING:
    from edge.till.messages import Data

_LIVE_WAIT_S = 4.0
"""An agent sends a lane's state at least once a second."""
_ENOUGH = 2
_ANSWER_S = 1.0
_GREETING_BYTES = 32
"""The first 32 of the 64 bytes of a ZMTP 3 greeting (rfc.zeromq.org/spec/23): signature, version, and the mechanism in
20 characters."""


def receive_states(address: str, lane: str) -> tuple[State, ...]:
    """Up to two states of different frames from a lane's live channel, oldest first; empty when none arrives."""
    states: list[State] = []
    context = zmq.Context()
    try:
        subscriber = context.socket(zmq.SUB)
        subscriber.linger = 0
        subscriber.ipv6 = "[" in address
        subscriber.connect(address)
        subscriber.subscribe(f"lane.state.{lane}")
        until_s = time.monotonic() + _LIVE_WAIT_S
        while len(states) < _ENOUGH and (left_s := until_s - time.monotonic()) > 0:
            if not subscriber.poll(round(left_s * 1000)):
                continue
            state = _content(subscriber.recv_multipart()[-1])
            # Changes are sent at once: two states of the same frame do not show that pictures keep arriving.
            if isinstance(state, State) and (not states or state.frame != states[-1].frame):
                states.append(state)
    except zmq.ZMQError:
        return ()
    finally:
        context.destroy()
    return tuple(states)


def mechanism(address: str) -> str:
    """The ZeroMQ security mechanism at a TCP address of this box: "NULL" without keys, "CURVE" with keys, "" for
    anything else."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    here = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))
    greeting = b""
    try:
        with socket.create_connection((here, int(port)), timeout=_ANSWER_S) as peer:
            # Send no mechanism: with one that does not match, the peer would close before it answers.
            peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03")
            while len(greeting) < _GREETING_BYTES and (more := peer.recv(64)):
                greeting += more
    except (OSError, ValueError):
        return ""
    is_zeromq = greeting[:1] == b"\xff" and greeting[9:10] == b"\x7f"
    return greeting[12:_GREETING_BYTES].rstrip(b"\0").decode("latin-1") if is_zeromq else ""


def _content(body: bytes) -> Data | None:
    try:
        return parse(body).content()
    except ValueError:
        return None
