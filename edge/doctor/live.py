"""Listens to the agent that runs, as a screen would, and tells what kind of program an address belongs to."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import zmq

from edge.till.messages import State, parse

if TYPE_CHECKING:
    from edge.till.messages import Data

_LISTEN_S = 4.0
"""An agent says at least once a second how its lane is."""
_ENOUGH = 2
_ANSWER_S = 1.0
_GREETING_BYTES = 32
"""Of the 64 of ZMTP 3 (rfc.zeromq.org/spec/23): the signature, the version, and the mechanism in 20 characters."""


def listen(address: str, lane: str) -> tuple[State, ...]:
    """What a lane says on its live channel, oldest first; empty when it says nothing."""
    heard: list[State] = []
    context = zmq.Context()
    try:
        subscriber = context.socket(zmq.SUB)
        subscriber.linger = 0
        subscriber.ipv6 = "[" in address
        subscriber.connect(address)
        subscriber.subscribe(f"lane.state.{lane}")
        until_s = time.monotonic() + _LISTEN_S
        while len(heard) < _ENOUGH and (left_s := until_s - time.monotonic()) > 0:
            if not subscriber.poll(round(left_s * 1000)):
                continue
            state = _content(subscriber.recv_multipart()[-1])
            # A change is told at once: two that follow within a moment would say nothing of how the lane goes on.
            if isinstance(state, State) and (not heard or state.frame != heard[-1].frame):
                heard.append(state)
    except zmq.ZMQError:
        return ()
    finally:
        context.destroy()
    return tuple(heard)


def mechanism(address: str) -> str:
    """What speaks at a TCP address of this box: "NULL" or "CURVE" for ZeroMQ without and with keys, else ""."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    here = {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "::1"}.get(host, host.strip("[]"))
    greeting = b""
    try:
        with socket.create_connection((here, int(port)), timeout=_ANSWER_S) as peer:
            # No mechanism of ours: one that does not fit would end the talk before the answer.
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
