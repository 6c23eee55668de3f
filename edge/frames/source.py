"""From the word in the settings to the camera that it names."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from edge.errors import UsageError
from edge.frames.camera import Camera
from edge.frames.device import Device
from edge.frames.recording import MovingPattern, RealTime, VideoFile
from edge.settings.passwords import without_password

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.frames.camera import StartThread
    from edge.frames.frame import FrameSource
    from edge.frames.stream import Capture
    from edge.settings.config import Settings


def open_source(settings: Settings, start: StartThread, *, patient: bool = False) -> FrameSource:
    """A lane's camera, or its recording, in real time unless it is a replay. start, patient: as for `Camera`.

    Raises as `open_camera`, and UsageError for a recording that is none, or settings that name neither.
    """
    if settings.camera is not None:
        return open_camera(settings.camera, settings.lane, start, patient=patient)
    if settings.video is None:
        raise UsageError("no source: give --camera 0, or --video FILE")
    recording = VideoFile(settings.video, settings.lane)
    return recording if settings.replay else RealTime(recording)


def open_camera(source: str, lane: str, start: StartThread, *, patient: bool = False) -> FrameSource:
    """The live source that a setting names. start, patient: as for `Camera`.

    Raises UsageError for a source that is none; RunError when it gives no picture, unless patient.
    """
    if source == "test:":
        return RealTime(MovingPattern(lane))
    return Camera(without_password(source), lane, _opener(source), start, patient=patient)


def _opener(source: str) -> Callable[[], Capture]:
    if re.fullmatch(r"\d{1,3}", source, re.ASCII):
        return partial(Device, int(source), cv2.CAP_V4L2)
    if source.startswith("/dev/"):
        return partial(Device, source, cv2.CAP_V4L2)
    if re.match(r"(rtsps?|https?|tcp|udp)://", source):
        # Loads FFmpeg a second time, beside OpenCV's own: for those lanes only that need it.
        from edge.frames.network import NetworkStream

        return partial(NetworkStream, source)
    if source.startswith("gst:"):
        if "GStreamer:                   YES" not in cv2.getBuildInformation():
            raise UsageError(
                f"{without_password(source)!r}: this OpenCV was built without GStreamer: use the system's OpenCV"
            )
        return partial(Device, source.removeprefix("gst:"), cv2.CAP_GSTREAMER)
    if Path(source).is_file():
        raise UsageError(f"camera {source!r} is a file: use --video for recordings")
    raise UsageError(f"camera {without_password(source)!r} is none of 0, /dev/..., rtsp://..., gst:PIPELINE, test:")
