"""Targets for the doctor's checks, and clips of a lane in which anything can be wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.demo.clip import FRAMES_PER_SECOND, clip_frames
from edge.doctor.targets import BoxTarget, LaneTarget
from tests.agents import StartAgent
from tests.edge.doctor.builders import Change, MakeBox, MakeLane, Pixels, RunAgent, WriteClip, unchanged
from tests.edge.people import settings_with

FILE = Path("/etc/edge-agent/lane.toml")
WATCHED_S = 2.0


@pytest.fixture
def box(tmp_path: Path) -> MakeBox:
    """Makes a box with one lane for each of these settings; one lane with default settings without any."""

    def make(*lanes: Mapping[str, object], file: Path | None = None) -> BoxTarget:
        own = {"state_dir": tmp_path / "state"}
        return BoxTarget(tuple(settings_with(**(own | dict(settings))) for settings in lanes or ({},)), file)

    return make


@pytest.fixture
def lane(tmp_path: Path) -> MakeLane:
    """Makes a lane with these settings; its sockets are files."""

    def make(**settings: object) -> LaneTarget:
        sockets = {"reliable": f"ipc://{tmp_path}/reliable", "live": f"ipc://{tmp_path}/live"}
        own: dict[str, object] = {"state_dir": tmp_path / "state", "till": sockets}
        return LaneTarget(settings_with(**(own | settings)), FILE, WATCHED_S)

    return make


@pytest.fixture(scope="session")
def standing() -> list[Pixels]:
    """Three seconds of the drawn clip in which someone stands at the till."""
    return list(itertools.islice(clip_frames(), 90, 180))


@pytest.fixture
def clip(standing: list[Pixels], tmp_path: Path) -> WriteClip:
    """Writes the clip with every picture changed by `change`; returns its file."""

    def write(change: Change = unchanged, rate: float = FRAMES_PER_SECOND) -> Path:
        file = tmp_path / "clip.avi"
        frames = [np.asarray(change(pixels), np.uint8) for pixels in standing]
        height, width = frames[0].shape[:2]
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), rate, (width, height))
        for frame in frames:
            writer.write(frame)
        writer.release()
        return file

    return write


@pytest.fixture
def agent_on(start_agent: StartAgent) -> RunAgent:
    """Runs an agent with the settings of a lane during the test."""

    @contextmanager
    def run(lane: LaneTarget, *flags: str) -> Iterator[None]:
        settings = lane.settings
        sockets = ["--till.reliable", settings.till.reliable, "--till.live", settings.till.live]
        agent = start_agent(*sockets, "--state-dir", settings.state_dir, *flags)
        agent.wait_until_serving()
        yield
        agent.stop()

    return run
