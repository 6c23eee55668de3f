"""What all tests share: the recordings, the drawn clip, and the agent as a user starts it."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import pytest
from hypothesis import settings as hypothesis_settings

from edge.demo.clip import FRAMES_PER_SECOND, HEIGHT, WIDTH, clip_frames, write_clip

# How long an example takes says how busy the machine is, and nothing of the code.
hypothesis_settings.register_profile("here", deadline=None, derandomize=True, max_examples=50)
hypothesis_settings.load_profile("here")

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What an agent keeps goes into a folder of the tests, never into the user's own; its metrics to any free port."""
    with pytest.MonkeyPatch.context() as patch:
        for given in ("STATE_DIRECTORY", "CACHE_DIRECTORY"):
            patch.delenv(given, raising=False)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("EDGE_METRICS__LISTEN", "127.0.0.1:0")
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recordings and photos that is not part of the project."""
    if not (SHARED / "clips").is_dir():
        pytest.skip(f"no recordings: {SHARED} is not there")
    return SHARED


@pytest.fixture(scope="session")
def demo_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone walks in, stands for five seconds, and leaves; 11.5 s at 30 frames/s."""
    file = tmp_path_factory.mktemp("clip") / "lane.mp4"
    write_clip(file)
    return file


@pytest.fixture(scope="session")
def moment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of a lane to which nobody comes."""
    file = tmp_path_factory.mktemp("moment") / "lane.mp4"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), FRAMES_PER_SECOND, (WIDTH, HEIGHT))
    for frame in itertools.islice(clip_frames(), FRAMES_PER_SECOND // 2):
        writer.write(frame)
    writer.release()
    return file


@dataclass(frozen=True)
class Run:
    """A finished run of a command."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """The data of every event of one type."""
        return [event["data"] for event in self.events if event["type"] == kind]


@pytest.fixture(scope="session")
def edge_agent() -> Callable[..., Run]:
    """Run `edge-agent` with words of the command line; further EDGE_* variables by keyword."""

    def run(*words: object, **variables: str) -> Run:
        command = [sys.executable, "-m", "edge", *map(str, words)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=240, check=False, env=os.environ | variables
        )
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def replay(edge_agent: Callable[..., Run]) -> Callable[[Path], Run]:
    """Replay a clip, once per session, and return its run with the events on stdout."""
    done: dict[Path, Run] = {}

    def run(clip: Path) -> Run:
        if clip not in done:
            done[clip] = edge_agent("--video", clip, "--replay", "--events", "-")
            assert done[clip].code == 0, done[clip].err
        return done[clip]

    return run
