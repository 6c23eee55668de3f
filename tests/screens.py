"""A screen for tests: what the live channel of a lane shows."""

from __future__ import annotations

import time

import zmq

from edge.till.envelope import parse
from edge.till.messages import State

_WITHIN_S = 60.0


def wait_for_customer(address: str, lane: str = "lane-1") -> State:
    """Wait until the lane knows the age of its customer in the sale that is open now. Returns the lane's state; fails
    after a minute. address: of the live channel."""
    end_s, state = time.monotonic() + _WITHIN_S, None
    # A screen that has just connected receives nothing that was published before.
    with zmq.Context() as context, context.socket(zmq.SUB) as screen:
        screen.linger = 0
        screen.subscribe(f"lane.state.{lane}")
        screen.connect(address)
        while screen.poll(max(0, round((end_s - time.monotonic()) * 1000))):
            state = parse(screen.recv_multipart()[1]).content()
            assert isinstance(state, State)
            if state.age:
                return state
    raise AssertionError(f"no customer of known age within {_WITHIN_S:.0f} s; the last state was {state}")
