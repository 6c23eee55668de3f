"""Targets for the doctor's checks, and clips of a lane in which anything can be wrong."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.demo.clip import FRAMES_PER_SECOND, clip_frames
from edge.doctor.finding import GENERAL_FIXES, Check, Finding
from edge.doctor.targets import BoxTarget, LaneTarget
from edge.settings.config import Settings
from tests.agents import StartAgent

Pixels = NDArray[np.uint8]

FILE = Path("/etc/edge-agent/lane.toml")
WATCHED_S = 2.0


def is_fix_of(check: Check[Any], fix: str) -> bool:
    """Whether a finding of this check may contain the fix, with any values in the braces."""
    known = (*check.fixes, *GENERAL_FIXES)
    return any(re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(text)), fix) for text in known)


@pytest.fixture
def box(tmp_path: Path) -> Callable[..., BoxTarget]:
    """Makes a box with one lane for each of these settings; one lane with default settings without any."""

    def make(*lanes: dict[str, Any], file: Path | None = None) -> BoxTarget:
        own = {"state_dir": tmp_path / "state"}
        return BoxTarget(tuple(Settings(**(own | settings)) for settings in lanes or ({},)), file)

    return make


@pytest.fixture
def lane(tmp_path: Path) -> Callable[..., LaneTarget]:
    """Makes a lane with these settings; its sockets are files."""

    def make(**settings: Any) -> LaneTarget:
        sockets = {"reliable": f"ipc://{tmp_path}/reliable", "live": f"ipc://{tmp_path}/live"}
        own = {"state_dir": tmp_path / "state", "till": sockets}
        return LaneTarget(Settings(**(own | settings)), FILE, WATCHED_S)

    return make


@pytest.fixture(scope="session")
def found() -> Callable[[Check[Any], Any], Finding]:
    """Runs a check. Its fix must be in the check's list of fixes, from which docs/doctor.md is made."""

    def find(check: Check[Any], target: Any) -> Finding:
        finding = check.finding(target)
        assert "this check crashed" not in finding.seen
        assert bool(finding.fix) == (finding.verdict != "ok")
        assert not finding.fix or is_fix_of(check, finding.fix), finding.fix
        return finding

    return find


@pytest.fixture(scope="session")
def standing() -> list[Pixels]:
    """Three seconds of the drawn clip in which someone stands at the till."""
    return list(itertools.islice(clip_frames(), 90, 180))


@pytest.fixture
def clip(standing: list[Pixels], tmp_path: Path) -> Callable[..., Path]:
    """Writes the clip with every picture changed by `change`; returns its file."""

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
def agent_on(start_agent: StartAgent) -> Callable[..., Any]:
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
