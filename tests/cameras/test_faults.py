"""A failing network camera: no bad frame reaches the lane, the reason is reported, and frames return as soon as
possible."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest

from edge.frames import open_camera, start_in_background
from tests.cameras.rtsp import RtspCamera, black, blue, error_of, number_of, scene
from tests.cameras.viewer import Viewer

pytestmark = pytest.mark.slow

PROBLEM_WITHIN_S = 2.5
"""The next `lane.health`, at most a second later, reports it to the tills."""
BACK_WITHIN_S = 5.0
LASTS_S = 0.7


@dataclass(frozen=True)
class Fault:
    name: str
    begin: Callable[[RtspCamera], None]
    end: Callable[[RtspCamera], None]
    problem: str
    """The text that the tills receive."""
    passes_s: float = 0.8
    """Frames that were already on their way may arrive for this long."""


def setting(name: str, faulty: object, sound: object) -> tuple[Callable[[RtspCamera], None], ...]:
    return lambda camera: setattr(camera, name, faulty), lambda camera: setattr(camera, name, sound)


NO_PICTURE = "the camera gives no picture{}: check its power, its cable, the network"
FAULTS = [
    Fault("gone", RtspCamera.stop, RtspCamera.start, NO_PICTURE.format(" (Connection refused)")),
    Fault("silent", *setting("silent", True, False), NO_PICTURE.format("")),
    # The encoder needs some pictures until its output stops changing.
    Fault(
        "frozen", *setting("frozen", True, False),
        "the camera sends the same picture again and again: restart it", passes_s=1.3,
    ),
    Fault(
        "black", *setting("picture", black, scene),
        "the camera's picture is black: is there light, and is the lens free?",
    ),
    Fault(
        "one colour", *setting("picture", blue, scene),
        "the camera's picture is all one colour: is the lens free, and is every cable in?",
    ),
    Fault(
        "corrupt", *setting("corrupt", 1.0, 0.0),
        "the camera's pictures arrive damaged: check its cable and the network",
    ),
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_reported_blocks_all_frames_and_ends_with_its_cause(
    fault: Fault, camera: RtspCamera, viewer: Viewer
) -> None:
    fault.begin(camera)
    began_s = time.monotonic()
    viewer.wait_for(lambda: viewer.problem, PROBLEM_WITHIN_S)
    time.sleep(LASTS_S)
    assert viewer.problem == fault.problem
    assert viewer.frames[-1].grab_s < began_s + fault.passes_s
    fault.end(camera)
    ended_s = time.monotonic()
    viewer.wait_for(lambda: viewer.frames[-1].grab_s > ended_s and not viewer.problem, BACK_WITHIN_S)
    viewer.wait_for(lambda: viewer.frames[-10:][0].grab_s > ended_s, BACK_WITHIN_S)


def test_the_log_has_beginning_and_end_of_a_fault_without_the_password(
    camera: RtspCamera, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    viewer = Viewer(open_camera(camera.url.replace("//", "//anna:secret@"), "lane-1", start_in_background))
    viewer.wait_for(lambda: viewer.frames, 10)
    camera.stop()
    viewer.wait_for(lambda: viewer.problem, PROBLEM_WITHIN_S)
    camera.start()
    viewer.wait_for(lambda: not viewer.problem, BACK_WITHIN_S)
    viewer.close()
    beginning, end = caplog.messages
    assert beginning == f"camera {camera.url}: {NO_PICTURE.format(' (Connection refused)')}"
    assert end == f"camera {camera.url}: it gives pictures again"


def test_pictures_delayed_by_the_network_are_dropped(camera: RtspCamera, viewer: Viewer) -> None:
    camera.late = True
    viewer.wait_for(lambda: viewer.problem, PROBLEM_WITHIN_S)
    time.sleep(0.5)
    camera.late = False
    viewer.wait_for(lambda: not viewer.problem, BACK_WITHIN_S)
    time.sleep(0.5)
    ages_s = [frame.grab_s - camera.drawn_s[number_of(frame.pixels)] for frame in viewer.frames]
    assert max(ages_s) < 0.8


def test_damaged_pictures_of_a_stream_are_dropped(camera: RtspCamera, viewer: Viewer) -> None:
    camera.corrupt = 0.02
    count = len(viewer.frames)
    viewer.wait_for(lambda: len(viewer.frames) > count + 60, 20)
    assert max(error_of(frame.pixels) for frame in viewer.frames) < 7


def test_a_new_resolution_is_used_in_the_middle_of_the_stream(camera: RtspCamera, viewer: Viewer) -> None:
    for width, height in ((640, 360), (160, 120)):
        camera.size = (width, height)
        viewer.wait_for(lambda: viewer.frames[-1].pixels.shape == (height, width, 3), BACK_WITHIN_S)  # noqa: B023
        assert error_of(viewer.frames[-1].pixels) < 7
    assert longest_gap_s(viewer) < 1
    assert viewer.problem == ""


def test_half_the_frame_rate_is_not_a_problem(camera: RtspCamera, viewer: Viewer) -> None:
    camera.frames_per_second = 15
    time.sleep(0.3)
    count = len(viewer.frames)
    time.sleep(2)
    assert 20 < len(viewer.frames) - count < 40
    assert longest_gap_s(viewer) < 1
    assert viewer.problem == ""


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_jump_of_the_cameras_clock_by_an_hour_changes_nothing(
    step_s: float, camera: RtspCamera, viewer: Viewer
) -> None:
    camera.clock_step_s = step_s
    time.sleep(1.2)
    assert longest_gap_s(viewer) < 1
    assert viewer.problem == ""


def test_a_jump_of_the_wall_clock_by_an_hour_changes_nothing(
    camera: RtspCamera, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time
    for step_s in (3600, -3600):
        monkeypatch.setattr(time, "time", lambda step_s=step_s: real() + step_s)
        time.sleep(0.5)
    assert longest_gap_s(viewer) < 1
    assert viewer.problem == ""
    assert abs(time.monotonic() - viewer.frames[-1].grab_s) < 1


def longest_gap_s(viewer: Viewer) -> float:
    grabs_s = [frame.grab_s for frame in viewer.frames]
    return max(after - before for before, after in pairwise(grabs_s))
