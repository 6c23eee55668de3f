"""The health of a lane's loop, read from other threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.frames import RealTime, VideoFile, capture
from edge.lane.events import EventLog
from edge.lane.health import LaneHealth
from edge.lane.loop import LaneLoop
from edge.settings.config import Settings
from edge.vision.faces import AGES

PATIENCE_S = 120.0


class HungModel:
    """An age model that hangs until it is released."""

    backend = "hung"

    def __init__(self) -> None:
        self.called, self.released = threading.Event(), threading.Event()

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.called.set()
        self.released.wait(PATIENCE_S)
        return np.full((len(crops), AGES), 1 / AGES, np.float32)


@pytest.fixture
def model() -> HungModel:
    return HungModel()


@pytest.fixture
def clip(request: pytest.FixtureRequest) -> Path:
    """A clip of a customer who stays; a test may name another."""
    file: Path = request.getfixturevalue(getattr(request, "param", "long_clip"))
    return file


@pytest.fixture
def loop(model: HungModel, clip: Path, tmp_path: Path) -> Iterator[LaneLoop]:
    """A lane that runs on a clip in real time."""
    till = {"reliable": f"ipc://{tmp_path}/reliable", "live": f"ipc://{tmp_path}/live"}
    settings = Settings(video=clip, state_dir=tmp_path, till=till)
    source = RealTime(VideoFile(clip, "lane-1"))
    loop = LaneLoop(settings, model, Bundle(BUNDLED), EventLog(None), LaneHealth, source)
    stopping = threading.Event()
    threads = [
        threading.Thread(target=loop.run),
        threading.Thread(target=capture, args=(source, loop.slot, stopping)),
    ]
    for thread in threads:
        thread.start()
    yield loop
    stopping.set()
    loop.stop()
    model.released.set()
    for thread in threads:
        thread.join(PATIENCE_S)


def wait_for(found: Callable[[], bool]) -> None:
    give_up_s = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < give_up_s
        time.sleep(0.02)


@pytest.mark.slow
def test_a_stuck_loop_is_a_health_problem(loop: LaneLoop, model: HungModel) -> None:
    assert model.called.wait(PATIENCE_S)
    wait_for(lambda: loop.health.has_problem("loop"))
    [stuck] = [problem.text for problem in loop.health.problems if problem.part == "loop"]
    assert stuck.startswith("the lane's loop has not turned for ")
    model.released.set()
    wait_for(lambda: not loop.health.has_problem("loop"))


@pytest.mark.slow
@pytest.mark.parametrize("clip", ["moment"], indirect=True)
def test_a_loop_whose_recording_has_ended_is_not_stuck(loop: LaneLoop, model: HungModel) -> None:
    model.released.set()
    wait_for(lambda: loop.slot.ended)
    time.sleep(3.5)
    assert not loop.health.has_problem("loop")
