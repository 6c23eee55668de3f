"""Lanes for the doctor to look at, and clips of a lane on which everything can be wrong."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.demo.clip import FRAMES_PER_SECOND, clip_frames
from edge.doctor.finding import Check, Finding
from edge.doctor.targets import Box, LaneSide
from edge.settings.config import Settings

Pixels = NDArray[np.uint8]

FILE = Path("/etc/edge-agent/lane.toml")
WATCHED_S = 2.0


@pytest.fixture
def box(tmp_path: Path) -> Callable[..., Box]:
    """A box with lanes of these settings, or one lane of none."""

    def make(*lanes: dict[str, Any], file: Path | None = None) -> Box:
        own = {"state_dir": tmp_path / "state"}
        return Box(tuple(Settings(**(own | one)) for one in lanes or ({},)), file)

    return make


@pytest.fixture
def lane(tmp_path: Path) -> Callable[..., LaneSide]:
    """One lane with these settings, whose sockets are files."""

    def make(**settings: Any) -> LaneSide:
        sockets = {"reliable": f"ipc://{tmp_path}/reliable", "live": f"ipc://{tmp_path}/live"}
        own = {"state_dir": tmp_path / "state", "till": sockets}
        return LaneSide(Settings(**(own | settings)), FILE, WATCHED_S)

    return make


@pytest.fixture(scope="session")
def found() -> Callable[[Check[Any], Any], Finding]:
    """What a check finds. Whatever it says to do must stand in its list of mends, from which the manual is made."""

    def find(check: Check[Any], subject: Any) -> Finding:
        finding = check.finding(subject)
        assert "failed itself" not in finding.seen
        assert bool(finding.mend) == (finding.verdict != "ok")
        assert not finding.mend or check.may_tell(finding.mend), finding.mend
        return finding

    return find


@pytest.fixture(scope="session")
def standing() -> list[Pixels]:
    """Three seconds of somebody who stands at the till, from the drawn clip."""
    return list(itertools.islice(clip_frames(), 90, 180))


@pytest.fixture
def clip(standing: list[Pixels], tmp_path: Path) -> Callable[..., Path]:
    """Writes the clip with every picture changed as told; returns its file."""

    def write(change: Callable[[Pixels], Any] = lambda pixels: pixels, rate: float = FRAMES_PER_SECOND) -> Path:
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
def agent_on() -> Callable[..., Any]:
    """Runs an agent with the settings of a lane while the test looks at it."""

    @contextmanager
    def run(lane: LaneSide, *flags: str) -> Iterator[None]:
        settings = lane.settings
        sockets = ["--till.reliable", settings.till.reliable, "--till.live", settings.till.live]
        words = ["run", *sockets, "--state-dir", str(settings.state_dir), *flags]
        with subprocess.Popen([sys.executable, "-m", "edge", *words], stderr=subprocess.PIPE, text=True) as agent:
            assert agent.stderr
            until_s = time.monotonic() + 60
            while "tills connect to" not in agent.stderr.readline():
                assert agent.poll() is None
                assert time.monotonic() < until_s
            try:
                yield
            finally:
                agent.terminate()

    return run
