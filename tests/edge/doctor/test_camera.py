"""The camera: there, awake, and quick enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.doctor.camera import camera, frame_rate, named
from edge.doctor.finding import Finding
from edge.doctor.targets import LaneSide
from tests.cameras.rtsp import RtspCamera, black

MakeLane = Callable[..., LaneSide]
Find = Callable[..., Finding]


@pytest.fixture
def network_camera() -> Iterator[RtspCamera]:
    one = RtspCamera()
    yield one
    one.stop()


def test_a_network_camera_that_gives_pictures_is_well(lane: MakeLane, found: Find, network_camera: RtspCamera) -> None:
    one = lane(camera=network_camera.url)
    line = found(camera, one)
    assert (line.verdict, line.seen.startswith("320x240, ")) == ("ok", True)
    assert line.seen.endswith(f"pictures, changing, from {network_camera.url}")
    assert found(frame_rate, one).verdict == "ok"


def test_a_camera_whose_lens_is_covered_is_a_problem(lane: MakeLane, found: Find, network_camera: RtspCamera) -> None:
    network_camera.picture = black
    line = found(camera, lane(camera=network_camera.url))
    assert (line.verdict, "picture is black" in line.seen) == ("problem", True)
    assert "take the cap off the lens" in line.mend


def test_a_camera_that_is_not_there_is_a_problem_with_a_mend_for_its_kind(lane: MakeLane, found: Find) -> None:
    line = found(camera, lane(camera="rtsp://anna:secret@127.0.0.1:9/lane"))
    assert (line.verdict, "Connection refused" in line.seen) == ("problem", True)
    assert "secret" not in line.seen
    assert "ping its address" in line.mend
    line = found(camera, lane(camera="/dev/no-camera"))
    assert (line.verdict, "sudo fuser -v /dev/no-camera" in line.mend) == ("problem", True)


def test_a_source_that_is_none_is_a_problem(lane: MakeLane, found: Find, tmp_path: Path) -> None:
    assert found(camera, lane()).seen == "none is set"
    assert "is none of 0, /dev/..." in found(camera, lane(camera="webcam")).seen
    assert "no video at" in found(camera, lane(video=tmp_path / "gone.mkv")).seen
    assert "GStreamer" in found(camera, lane(camera="gst:videotestsrc ! appsink")).seen


def test_what_is_no_camera_is_a_warning(lane: MakeLane, found: Find, clip: Callable[..., Path]) -> None:
    assert "the drawn test pattern, and no camera" in found(camera, lane(camera="test:")).seen
    line = found(camera, lane(video=clip()))
    assert (line.verdict, "a recording, and no camera" in line.seen) == ("warning", True)


def test_a_black_or_a_frozen_recording_is_a_problem(
    lane: MakeLane, found: Find, clip: Callable[..., Path], standing: list[object]
) -> None:
    assert "picture is black" in found(camera, lane(video=clip(np.zeros_like))).seen
    line = found(camera, lane(video=clip(lambda _: standing[0])))
    assert (line.verdict, "the same picture again and again" in line.seen) == ("problem", True)


@pytest.mark.parametrize(("rate", "verdict"), [(3, "problem"), (8, "warning"), (30, "ok")])
def test_a_slow_camera_is_told(
    rate: float, verdict: str, lane: MakeLane, found: Find, clip: Callable[..., Path]
) -> None:
    line = found(frame_rate, lane(video=clip(rate=rate)))
    assert line.verdict == verdict
    assert float(line.seen.split()[0]) == pytest.approx(rate, rel=0.2)


def test_a_password_is_never_shown(lane: MakeLane) -> None:
    assert named(lane(camera="rtsp://anna:p@ss@10.0.0.7:554/lane").settings) == "rtsp://10.0.0.7:554/lane"
    assert named(lane(camera=0).settings) == "0"
