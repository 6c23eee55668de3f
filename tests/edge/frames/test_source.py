"""What a setting may name as a camera, and how it is refused when it is none or gives no picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from edge.errors import RunError, UsageError
from edge.frames import open_camera
from tests.cameras.viewer import in_background


def test_the_source_test_needs_no_camera() -> None:
    frame = open_camera("test:", "lane-2", in_background).read()
    assert frame is not None
    assert (frame.sequence, frame.lane) == (0, "lane-2")


def test_a_word_that_is_no_source_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"camera 'webcam' is none of 0, /dev/..., rtsp://..., gst:PIPELINE, test:"):
        open_camera("webcam", "lane-1", in_background)


def test_a_recording_given_as_a_camera_is_pointed_to_the_right_flag(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    clip.touch()
    with pytest.raises(UsageError, match="is a file: use --video for recordings"):
        open_camera(str(clip), "lane-1", in_background)


@pytest.mark.parametrize("source", ["/dev/no-such-camera", "rtsp://127.0.0.1:9/lane"])
def test_a_camera_that_gives_no_picture_fails_by_name(source: str) -> None:
    with pytest.raises(RunError, match=f"camera {source} gives no picture: is it plugged in"):
        open_camera(source, "lane-1", in_background)


@pytest.mark.skipif("GStreamer:                   YES" in cv2.getBuildInformation(), reason="OpenCV has GStreamer")
def test_a_gstreamer_pipeline_without_gstreamer_says_what_is_missing() -> None:
    with pytest.raises(UsageError, match="this OpenCV was built without GStreamer"):
        open_camera("gst:videotestsrc ! appsink", "lane-1", in_background)


def test_what_went_wrong_is_said_and_a_password_is_not() -> None:
    with pytest.raises(RunError, match=r"camera rtsp://127.0.0.1:9/lane gives no picture: .* \(Connection refused\)"):
        open_camera("rtsp://anna:secret@127.0.0.1:9/lane", "lane-1", in_background)
