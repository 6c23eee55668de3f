"""Slow, irregular and interrupted cameras: the problem says what is, does not change back and forth, and ends."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator

import pytest

from edge.frames import open_camera, start_in_background
from tests.cameras.rtsp import RtspCamera
from tests.cameras.viewer import Viewer

pytestmark = [pytest.mark.slow, pytest.mark.alone]

SLOW = re.compile(
    r"the camera gives (\d\.\d) pictures a second, 3 are needed: set its frame rate to 25, switch off its long "
    r"exposure \(slow shutter\), check the network"
)


@pytest.fixture
def patient(camera: RtspCamera) -> Iterator[Callable[[], Viewer]]:
    """Opens the camera without waiting for its first picture."""
    opened: list[Viewer] = []

    def watch() -> Viewer:
        opened.append(Viewer(open_camera(camera.url, "lane-1", start_in_background, patient=True)))
        return opened[-1]

    yield watch
    for viewer in opened:
        viewer.close()


def problems_of(viewer: Viewer, seconds: float) -> list[str]:
    """Every problem within these seconds, each time that it changes."""
    found, end_s = [viewer.problem], time.monotonic() + seconds
    while time.monotonic() < end_s:
        if viewer.problem != found[-1]:
            found.append(viewer.problem)
        time.sleep(0.02)
    return found


def rate_in(problem: str) -> float:
    """The rate that a slow camera's problem names; 0 for any other problem."""
    slow = SLOW.fullmatch(problem)
    return float(slow[1]) if slow else 0.0


@pytest.mark.parametrize("rate", [1.0, 2.0])
def test_a_slow_camera_is_reported_with_its_rate_all_the_time(
    rate: float, camera: RtspCamera, patient: Callable[[], Viewer]
) -> None:
    camera.frames_per_second = rate
    viewer = patient()
    viewer.wait_for(lambda: rate_in(viewer.problem))
    assert all(rate_in(problem) == pytest.approx(rate, rel=0.2) for problem in problems_of(viewer, 5))
    assert viewer.frames == []
    camera.frames_per_second = 5
    viewer.wait_for(lambda: viewer.frames and not viewer.problem)


def test_a_camera_with_three_pictures_a_second_has_no_problem(
    camera: RtspCamera, patient: Callable[[], Viewer]
) -> None:
    camera.frames_per_second = 3
    viewer = patient()
    viewer.wait_for(lambda: viewer.frames and not viewer.problem)
    assert problems_of(viewer, 4) == [""]


def test_a_camera_that_becomes_slow_and_quick_again_is_logged_once_each(
    camera: RtspCamera, viewer: Viewer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    camera.frames_per_second = 1.2
    viewer.wait_for(lambda: rate_in(viewer.problem))
    problems_of(viewer, 3)
    camera.frames_per_second = 10
    viewer.wait_for(lambda: not viewer.problem)
    kinds = [message.split(": ")[1][:17] for message in caplog.messages]
    assert kinds[-2:] == ["the camera gives ", "it gives pictures"]
    assert len(kinds) <= 3, "at most, that there is no picture, while it is not known yet how slow it is"


def test_a_camera_that_sends_bursts_is_reported_as_interrupted_until_it_is_steady(
    camera: RtspCamera, viewer: Viewer
) -> None:
    def burst() -> None:
        camera.late = True
        time.sleep(1.5)
        camera.late = False
        time.sleep(0.3)

    for _ in range(4):
        burst()
    count = len(viewer.frames)
    for _ in range(2):
        assert viewer.problem.startswith("the camera's pictures stopped ")
        burst()
    assert "times within a minute, for up to 1." in viewer.problem
    assert len(viewer.frames) > count, "the new pictures of each burst are used"
