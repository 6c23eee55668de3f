"""Opens the camera or recording that the settings name.

To add a kind of camera, write a `Capture` for it in a module of its own, and add a line to `CAMERA_KINDS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from edge.commands import shown
from edge.errors import UsageError
from edge.frames.camera import Camera
from edge.frames.device import Device
from edge.frames.recording import MovingPattern, RealTime, VideoFile
from edge.language.words import words
from edge.settings.passwords import without_password

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.frames.camera import StartThread
    from edge.frames.frame import FrameSource
    from edge.frames.stream import Capture
    from edge.settings.config import Settings


def open_source(settings: Settings, start: StartThread, *, patient: bool = False) -> FrameSource:
    """The lane's camera, or its recording: in real time, or as fast as it is read in a replay.

    start, patient: as for `Camera`. Raises as `open_camera` does, and UsageError for a file that is not a video, or
    when the settings name neither camera nor recording.
    """
    if settings.camera is not None:
        return open_camera(settings.camera, settings.lane, start, patient=patient)
    if settings.video is None:
        raise UsageError(words("no source: give --camera 0, or --video FILE"))
    recording = VideoFile(settings.video, settings.lane)
    return recording if settings.replay else RealTime(recording)


def open_camera(source: str, lane: str, start: StartThread, *, patient: bool = False) -> FrameSource:
    """The live source that a setting names. start, patient: as for `Camera`.

    Raises UsageError for a source of unknown kind; RunError when it delivers no picture, unless `patient`.
    """
    kind = camera_kind(source)
    if kind is not None:
        return kind.make(source, lane, start, patient)
    if Path(source).is_file():
        raise UsageError(words("camera {source} is a file: use --video for recordings", source=shown(source)))
    known = ", ".join(kind.example for kind in CAMERA_KINDS)
    raise UsageError(words("camera {source} is none of {known}", source=shown(without_password(source)), known=known))


def camera_kind(source: str) -> CameraKind | None:
    """The kind of camera that a setting names; None when it names none."""
    return next((kind for kind in CAMERA_KINDS if re.fullmatch(kind.pattern, source, re.DOTALL)), None)


@dataclass(frozen=True)
class CameraKind:
    """How the settings name a kind of camera, and how it is opened.

    example: for the error text. pattern: regular expression that the whole setting must match. make: as `open_camera`,
    which calls it. exclusive: only one program at a time can use such a camera.
    """

    example: str
    pattern: str
    make: Callable[[str, str, StartThread, bool], FrameSource]
    exclusive: bool = False


def _watched(opener: Callable[[str], Callable[[], Capture]]) -> Callable[[str, str, StartThread, bool], FrameSource]:
    """`make` for real cameras. opener: from the setting to what opens the camera; may raise UsageError."""

    def make(source: str, lane: str, start: StartThread, patient: bool) -> FrameSource:
        return Camera(without_password(source), lane, opener(source), start, patient=patient)

    return make


def _network(url: str) -> Callable[[], Capture]:
    # Imported here: it loads a second FFmpeg besides OpenCV's, which only network cameras need.
    from edge.frames.network import NetworkStream

    return partial(NetworkStream, url)


def _http(url: str) -> Callable[[], Capture]:
    from edge.frames.snapshots import HttpCamera

    return HttpCamera(url)


def _gstreamer(source: str) -> Callable[[], Capture]:
    if "GStreamer:                   YES" not in cv2.getBuildInformation():
        raise UsageError(
            words(
                "{source}: this OpenCV was built without GStreamer: use the system's OpenCV",
                source=shown(without_password(source)),
            )
        )
    return partial(Device, source.removeprefix("gst:"), cv2.CAP_GSTREAMER)


def _test_pattern(source: str, lane: str, start: StartThread, patient: bool) -> FrameSource:  # noqa: ARG001
    return RealTime(MovingPattern(lane))


CAMERA_KINDS = (
    CameraKind("0", "[0-9]{1,3}", _watched(lambda number: partial(Device, int(number), cv2.CAP_V4L2)), exclusive=True),
    CameraKind("/dev/...", "/dev/.*", _watched(lambda path: partial(Device, path, cv2.CAP_V4L2)), exclusive=True),
    CameraKind("rtsp://...", "(rtsps?|tcp|udp)://.*", _watched(_network)),
    CameraKind("http://...", "https?://.*", _watched(_http)),
    CameraKind("gst:PIPELINE", "gst:.*", _watched(_gstreamer), exclusive=True),
    CameraKind("test:", "test:", _test_pattern),
)
"""Every kind of camera. The patterns exclude each other."""
