"""Commands that end by themselves: types of the fixtures that run them, and what they printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

Json = dict[str, Any]
"""An object of JSON, with values of any kind."""


@dataclass(frozen=True)
class Run:
    """A finished run of a command."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[Json]:
        """The events that were printed, one JSON object per line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def of_type(self, kind: str) -> list[Json]:
        """The data of every event of one type."""
        return [event["data"] for event in self.events if event["type"] == kind]


class EdgeAgent(Protocol):
    """Runs `edge-agent` with arguments, and with EDGE_* variables by keyword."""

    def __call__(self, *arguments: object, **variables: str) -> Run: ...


Replay = Callable[[Path], Run]
"""Replays a recording once per session; the run has its events."""


class Mount(Protocol):
    """Mounts a file system with options for `mount`, and returns the folder."""

    def __call__(self, *options: str) -> Path: ...


def run_edge_agent(*arguments: object, **variables: str) -> Run:
    """Run `edge-agent` until it ends, for 240 s at most."""
    command = [sys.executable, "-m", "edge", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=os.environ | variables)
    return Run(done.returncode, done.stdout, done.stderr)
