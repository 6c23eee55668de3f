"""Checks of the camera: it opens, its pictures change, and there are enough of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.doctor.camera import camera, frame_rate, grain, named, shape, upright
from edge.frames.geometry import SOMETIMES_SQUEEZED_SIZES, SQUEEZED_SIZES, size_with_square_pixels, turned
from tests.cameras.rtsp import RtspCamera, black
from tests.cameras.snapshots import PASSWORD, Answer, SnapshotCamera, status
from tests.edge.doctor.builders import MakeLane, Pixels, WriteClip, found


@pytest.fixture
def network_camera() -> Iterator[RtspCamera]:
    camera = RtspCamera()
    yield camera
    camera.stop()


@pytest.fixture
def snapshots() -> Iterator[SnapshotCamera]:
    camera = SnapshotCamera()
    yield camera
    camera.stop()


@pytest.fixture
def slow_camera() -> Iterator[RtspCamera]:
    camera = RtspCamera(frames_per_second=2)
    yield camera
    camera.stop()


def test_a_network_camera_that_gives_pictures_is_ok(lane: MakeLane, network_camera: RtspCamera) -> None:
    target = lane(camera=network_camera.url)
    line = found(camera, target)
    assert (line.verdict, line.seen.startswith("320x240, ")) == ("ok", True)
    assert line.seen.endswith(f"pictures, changing, from {network_camera.url}")
    # On a busy machine the simulated camera is slower than a real one.
    assert found(frame_rate, target).verdict in ("ok", "warning")


def test_a_camera_of_single_pictures_is_ok_and_its_rate_a_warning(lane: MakeLane, snapshots: SnapshotCamera) -> None:
    target = lane(camera=snapshots.url_with_password)
    line = found(camera, target)
    assert (line.verdict, line.seen.startswith("320x240, ")) == ("ok", True)
    assert line.seen.endswith(f"pictures, changing, from {snapshots.url}")
    line = found(frame_rate, target)
    assert (line.verdict, "its rtsp:// stream instead of single pictures" in line.fix) == ("warning", True)


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (status(404), "it answers 404 Not Found"),
        (status(401), "are user and password right?"),
        (status(200), "it answers with a web page"),
    ],
)
def test_an_address_that_gives_no_pictures_is_a_problem_with_its_reason(
    answer: Answer, seen: str, lane: MakeLane, snapshots: SnapshotCamera
) -> None:
    snapshots.answer = answer
    line = found(camera, lane(camera=snapshots.url_with_password))
    assert (line.verdict, seen in line.seen, PASSWORD in line.seen) == ("problem", True, False)
    assert "open its own web page and compare address, user and password" in line.fix


def test_a_covered_lens_is_a_problem(lane: MakeLane, network_camera: RtspCamera) -> None:
    network_camera.picture = black
    line = found(camera, lane(camera=network_camera.url))
    assert (line.verdict, "picture is black" in line.seen) == ("problem", True)
    assert "take the cap off the lens" in line.fix


def test_a_slow_camera_is_a_problem_with_its_rate_and_the_fix_for_that(lane: MakeLane, slow_camera: RtspCamera) -> None:
    target = lane(camera=slow_camera.url)
    target.seconds = 6.0
    line = found(camera, target)
    assert line.verdict == "problem"
    slow = re.search(r"lane: the camera gives (\d\.\d) pictures a second, 3 are needed", line.seen)
    assert slow, line.seen
    assert float(slow[1]) == pytest.approx(2, abs=0.5)
    assert "at 25 or more pictures a second" in line.fix


def test_the_fix_for_a_missing_camera_fits_its_kind(lane: MakeLane) -> None:
    line = found(camera, lane(camera="rtsp://anna:secret@127.0.0.1:9/lane"))
    assert (line.verdict, "Connection refused" in line.seen) == ("problem", True)
    assert "secret" not in line.seen
    assert "ping its address" in line.fix
    line = found(camera, lane(camera="/dev/no-camera"))
    assert (line.verdict, "sudo fuser -v /dev/no-camera" in line.fix) == ("problem", True)


def test_a_missing_or_an_invalid_source_is_a_problem(lane: MakeLane, tmp_path: Path) -> None:
    assert found(camera, lane()).seen == "no camera is set"
    assert "is none of 0, /dev/..." in found(camera, lane(camera="webcam")).seen
    assert "no video at" in found(camera, lane(video=tmp_path / "gone.mkv")).seen
    assert "GStreamer" in found(camera, lane(camera="gst:videotestsrc ! appsink")).seen


def test_the_test_pattern_and_a_recording_are_a_warning(lane: MakeLane, clip: WriteClip) -> None:
    assert "this is the test pattern, not a camera" in found(camera, lane(camera="test:")).seen
    line = found(camera, lane(video=clip()))
    assert (line.verdict, "this is a recording, not a camera" in line.seen) == ("warning", True)


def test_a_black_or_a_frozen_recording_is_a_problem(lane: MakeLane, clip: WriteClip, standing: list[Pixels]) -> None:
    assert "picture is black" in found(camera, lane(video=clip(np.zeros_like))).seen
    line = found(camera, lane(video=clip(lambda _: standing[0])))
    assert (line.verdict, "the same picture again and again" in line.seen) == ("problem", True)


@pytest.mark.parametrize(("rate", "verdict"), [(2, "problem"), (4, "warning"), (30, "ok")])
def test_the_frame_rate_decides_the_verdict(rate: float, verdict: str, lane: MakeLane, clip: WriteClip) -> None:
    line = found(frame_rate, lane(video=clip(rate=rate)))
    assert line.verdict == verdict
    assert float(line.seen.split()[0]) == pytest.approx(rate, rel=0.2)


@pytest.mark.parametrize(
    ("size", "likeliest", "shapes"), [((704, 480), "4:3", "4:3 or 16:9"), ((960, 1080), "16:9", "16:9")]
)
def test_a_size_that_only_squeezed_pictures_have_is_a_problem_until_its_shape_is_set(
    size: tuple[int, int], likeliest: str, shapes: str, lane: MakeLane, clip: WriteClip
) -> None:
    file = clip(lambda pixels: cv2.resize(pixels, size))
    line = found(shape, lane(video=file))
    assert (line.verdict, line.seen.startswith(f"{size[0]}x{size[1]} is a size")) == ("problem", True)
    assert line.seen.endswith(f"true shape: {shapes}; until it is set, everybody is asked")
    assert f'picture.aspect = "{likeliest}" into the config' in line.fix
    assert found(shape, lane(video=file, picture={"aspect": likeliest, "rotate": 90})).verdict == "ok"


def test_a_size_that_may_have_square_pixels_is_a_warning(lane: MakeLane, clip: WriteClip) -> None:
    file = clip(lambda pixels: cv2.resize(pixels, (352, 288)))
    line = found(shape, lane(video=file))
    assert (line.verdict, line.seen.startswith("352x288 is a size")) == ("warning", True)
    assert found(shape, lane(video=file, picture={"aspect": "11:9"})).verdict == "ok"


def test_a_picture_with_square_pixels_is_ok(lane: MakeLane, clip: WriteClip) -> None:
    line = found(shape, lane(video=clip()))
    assert (line.verdict, line.seen) == ("ok", "640x480, as sent or declared")


def test_a_squeezed_size_has_no_square_pixels_in_any_of_its_shapes() -> None:
    for size, shapes in SQUEEZED_SIZES.items():
        assert size not in [with_shape(size, shape) for shape in shapes]


def test_a_size_that_may_have_square_pixels_has_them_in_its_last_shape() -> None:
    for size, shapes in SOMETIMES_SQUEEZED_SIZES.items():
        *squeezed, square = (with_shape(size, shape) for shape in shapes)
        assert size == square
        assert size not in squeezed


def with_shape(size: tuple[int, int], shape: str) -> tuple[int, int]:
    """The size of a picture after its shape was set."""
    (width, height), (across, down) = size, map(int, shape.split(":"))
    return size_with_square_pixels(width, height, Fraction(across * height, down * width))


def test_grain_is_a_warning_and_a_still_picture_has_none(lane: MakeLane, clip: WriteClip) -> None:
    random = np.random.default_rng(0)
    assert found(grain, lane(video=clip())).verdict == "ok"
    line = found(grain, lane(video=clip(lambda pixels: np.clip(pixels + random.normal(0, 12, pixels.shape), 0, 255))))
    assert (line.verdict, "switch off night mode" in line.fix) == ("warning", True), line


@pytest.mark.parametrize(("hangs", "rotate"), [(180, 180), (90, 270), (270, 90)])
def test_a_picture_that_is_turned_is_a_problem_with_the_setting_that_turns_it_back(
    hangs: int, rotate: int, lane: MakeLane, clip: WriteClip
) -> None:
    file = clip(lambda pixels: turned(pixels, hangs))
    line = found(upright, lane(video=file))
    assert (line.verdict, f"upright only when it is turned by {rotate} degrees" in line.seen) == ("problem", True)
    assert f"write rotate = {rotate} under [picture] into the config" in line.fix
    line = found(upright, lane(video=file, picture={"rotate": rotate}))
    assert (line.verdict, line.seen.endswith("pictures are upright")) == ("ok", True)


def test_without_a_face_nobody_knows_whether_a_picture_is_upright(lane: MakeLane) -> None:
    line = found(upright, lane(camera="test:"))
    assert (line.verdict, line.seen) == ("warning", "not checked: no face was seen")


def test_a_password_is_never_shown(lane: MakeLane) -> None:
    assert named(lane(camera="rtsp://anna:p@ss@10.0.0.7:554/lane").settings) == "rtsp://10.0.0.7:554/lane"
    assert named(lane(camera=0).settings) == "0"
