"""Which cameras a setting can name, and the errors for unknown sources and cameras without a picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from edge.errors import RunError, UsageError
from edge.frames import camera_kind, open_camera, start_in_background


def test_the_test_pattern_needs_no_camera() -> None:
    frame = open_camera("test:", "lane-2", start_in_background).read()
    assert frame is not None
    assert (frame.sequence, frame.lane) == (0, "lane-2")


@pytest.mark.parametrize(
    ("source", "kind", "exclusive"),
    [
        ("0", "0", True),
        ("999", "0", True),
        ("/dev/lane-camera", "/dev/...", True),
        ("rtsp://127.0.0.1/lane", "rtsp://...", False),
        ("tcp://127.0.0.1:5000", "rtsp://...", False),
        ("https://127.0.0.1/lane.mjpg", "http://...", False),
        ("gst:videotestsrc ! appsink", "gst:PIPELINE", True),
        ("test:", "test:", False),
    ],
)
def test_a_setting_names_one_kind_of_camera(source: str, kind: str, exclusive: bool) -> None:
    found = camera_kind(source)
    assert found is not None
    assert (found.example, found.exclusive) == (kind, exclusive)


@pytest.mark.parametrize("source", ["", "1000", "webcam", "rtsp:/lane", "test", "clip.mkv"])
def test_a_setting_of_no_known_kind_is_none(source: str) -> None:
    assert camera_kind(source) is None


def test_an_unknown_source_is_rejected_with_the_list_of_kinds() -> None:
    known = r"0, /dev/\.\.\., rtsp://\.\.\., http://\.\.\., gst:PIPELINE, test:"
    with pytest.raises(UsageError, match=f"camera 'webcam' is none of {known}"):
        open_camera("webcam", "lane-1", start_in_background)


def test_a_recording_given_as_a_camera_is_rejected_with_the_right_flag(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    clip.touch()
    with pytest.raises(UsageError, match="is a file: use --video for recordings"):
        open_camera(str(clip), "lane-1", start_in_background)


@pytest.mark.parametrize("source", ["/dev/no-such-camera", "rtsp://127.0.0.1:9/lane", "http://127.0.0.1:9/snap.jpg"])
def test_the_error_for_a_camera_without_a_picture_names_it(source: str) -> None:
    with pytest.raises(RunError, match=f"camera {source} gives no picture: is it plugged in"):
        open_camera(source, "lane-1", start_in_background)


@pytest.mark.skipif("GStreamer:                   YES" in cv2.getBuildInformation(), reason="OpenCV has GStreamer")
def test_a_gstreamer_pipeline_needs_an_opencv_with_gstreamer() -> None:
    with pytest.raises(UsageError, match="this OpenCV was built without GStreamer"):
        open_camera("gst:videotestsrc ! appsink", "lane-1", start_in_background)


def test_the_error_says_what_went_wrong_without_the_password() -> None:
    with pytest.raises(RunError, match=r"camera rtsp://127.0.0.1:9/lane gives no picture: .* \(Connection refused\)"):
        open_camera("rtsp://anna:secret@127.0.0.1:9/lane", "lane-1", start_in_background)
