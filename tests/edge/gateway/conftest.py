"""A gateway between tills and a real lane, in front of whose camera stands a made-up customer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gateways import GatewayProcess, HttpTill

ROOT = Path(__file__).parents[3]
Lane = subprocess.Popen[bytes]


@pytest.fixture
def address(tmp_path: Path) -> str:
    """Of the lane's agent."""
    return f"ipc://{tmp_path}/reliable"


@pytest.fixture
def start_lane(tmp_path: Path, address: str) -> Iterator[Callable[[], Lane]]:
    """Starts the lane's agent. Killed after the test."""
    started: list[Lane] = []

    def start() -> Lane:
        started.append(subprocess.Popen([sys.executable, "-m", "tests.proof.lane", tmp_path, address], cwd=ROOT))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.wait()


@pytest.fixture
def start_gateway(tmp_path: Path, address: str) -> Iterator[Callable[..., GatewayProcess]]:
    """Starts a gateway, with the agent's address unless flags say otherwise. Killed after the test."""
    started: list[GatewayProcess] = []

    def start(*flags: object, **options: int) -> GatewayProcess:
        own = () if "--config" in flags else ("--agent", address)
        started.append(GatewayProcess(tmp_path, *own, *flags, **options))
        return started[-1]

    yield start
    for each in started:
        each.kill()


@pytest.fixture
def till(start_lane: Callable[[], Lane], start_gateway: Callable[..., GatewayProcess]) -> HttpTill:
    """A till at a gateway of a running lane."""
    start_lane()
    return HttpTill(start_gateway("--till", "till-1").address)
