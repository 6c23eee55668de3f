"""Cut and slow down the network between an agent and a till during sales, then check what is left.

The two are in network namespaces with a real link between them. Needs root and iproute2. Prints a line of JSON.

    python -m tests.proof.network --disturbances 12
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.till.keys import Keys
from tests.proof.processes import Place, Process, agent, till
from tests.proof.verdict import verdict_on

_NEW_NETWORK = 0x40000000
"""CLONE_NEWNET of sched.h."""

_AGENT, _TILL = "10.77.0.1", "10.77.0.2"
_SLOW = ("tbf", "rate", "16kbit", "burst", "1600", "latency", "20s")
"""An alert of a kilobyte takes half a second."""


class Link:
    """Two namespaces, and the pair of virtual network cards that connects them."""

    def __init__(self, name: str) -> None:
        self.agent, self.till = f"{name}-agent", f"{name}-till"
        for space in (self.agent, self.till):
            _ip("netns", "add", space)
            _ip("-n", space, "link", "set", "lo", "up")
        _ip("-n", self.agent, "link", "add", "shop", "type", "veth", "peer", "name", "shop", "netns", self.till)
        for space, address in ((self.agent, _AGENT), (self.till, _TILL)):
            _ip("-n", space, "address", "add", f"{address}/24", "dev", "shop")
            _ip("-n", space, "link", "set", "shop", "up")

    def cut(self) -> None:
        _ip("-n", self.till, "link", "set", "shop", "down")

    def restore(self) -> None:
        _ip("-n", self.till, "link", "set", "shop", "up")

    @contextmanager
    def slow(self) -> Iterator[None]:
        """Slow in both directions."""
        for space in (self.agent, self.till):
            _run("tc", "-n", space, "qdisc", "add", "dev", "shop", "root", *_SLOW)
        try:
            yield
        finally:
            for space in (self.agent, self.till):
                _run("tc", "-n", space, "qdisc", "del", "dev", "shop", "root")

    def remove(self) -> None:
        for space in (self.agent, self.till):
            _ip("netns", "del", space)

    @staticmethod
    def enter(space: str) -> Callable[[], None]:
        """A function that moves the calling process into a namespace."""

        def enter() -> None:
            with Path("/run/netns", space).open() as opened:
                if ctypes.CDLL(None, use_errno=True).setns(opened.fileno(), _NEW_NETWORK):
                    raise OSError(ctypes.get_errno(), f"cannot enter the network namespace {space}")

        return enter


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--disturbances", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    link = Link(f"proof{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            address, key = f"tcp://{_AGENT}:5557", Path(folder, "till-1.key")
            (Path(folder) / "state").mkdir(mode=0o700)
            Keys(Path(folder) / "state" / "keys").new("till-1", key, (address, address))
            place = Place(
                Path(folder), address, key=key, agent_side=link.enter(link.agent), till_side=link.enter(link.till)
            )
            agent_process, till_process = Process(agent, place), Process(till, place)
            for disturbance in range(arguments.disturbances):
                time.sleep(chance.uniform(0.5, 3.0))
                _disturbance(disturbance % 3, link, chance)
                print(f"\r{disturbance + 1} disturbances of the network", end="", file=sys.stderr, flush=True)
            place.stop.touch()
            ended = till_process.ended_well(180)
            agent_process.kill()
            found = verdict_on(place)
    finally:
        link.remove()
    print(json.dumps({"disturbances": arguments.disturbances, "till_ended": ended, **found}))
    sys.exit(bool(found["broken"]) or not ended)


def _disturbance(kind: int, link: Link, chance: random.Random) -> None:
    """0: cut. 1: slow. 2: slow, then cut while messages are on their way."""
    if kind == 0:
        link.cut()
        time.sleep(chance.uniform(0.1, 5.0))
        link.restore()
        return
    with link.slow():
        time.sleep(chance.uniform(0.5, 3.0))
        if kind == 2:
            link.cut()
            time.sleep(chance.uniform(0.1, 2.0))
            link.restore()


def _ip(*words: str) -> None:
    _run("ip", *words)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


if __name__ == "__main__":
    main()
