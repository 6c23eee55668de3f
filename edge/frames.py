"""Where frames come from: cameras, recordings, a test pattern; and the one-slot latest frame between threads."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from edge.errors import RunError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """pixels: uint8 (H, W, 3) BGR. grab_s: when it was grabbed, in seconds of the monotonic clock (in a replay: of the
    video's own time). sequence: number of the frame at its source, from 0. lane: whose camera it was."""

    pixels: NDArray[np.uint8]
    grab_s: float
    sequence: int
    lane: str


class FrameSource(Protocol):
    """Gives frames, one after the other."""

    def read(self) -> Frame | None:
        """The next frame, waiting for it as long as the source does; None when there will be no more."""

    def close(self) -> None:
        """Let the source go."""


class Camera:
    """A camera, stream or GStreamer pipeline through OpenCV, opened again by itself when it stops giving frames."""

    _REOPEN_S = 1.0

    def __init__(self, source: str, lane: str) -> None:
        """Raises UsageError for a source that is none, RunError when it gives no picture."""
        self._target, self._backend = _camera_target(source)
        self._source, self._lane, self._sequence = source, lane, 0
        self._closed = threading.Event()
        self._capture = self._open()
        if not self._capture.isOpened() or not self._capture.grab():
            self._capture.release()
            raise RunError(f"camera {source} gives no picture: is it plugged in, and is the source right?")

    def read(self) -> Frame | None:
        while not self._closed.is_set():
            ok, pixels = self._capture.read()
            grab_s = time.monotonic()
            if ok:
                self._sequence += 1
                return Frame(np.asarray(pixels, np.uint8), grab_s, self._sequence - 1, self._lane)
            self._capture.release()
            if self._closed.wait(self._REOPEN_S):
                break
            self._capture = self._open()
        self._capture.release()
        return None

    def close(self) -> None:
        self._closed.set()

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self._target, self._backend)
        # Old frames are worth nothing here; drivers that queue them are asked not to.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return capture


class VideoFile:
    """A recording, frame by frame, with the recording's own times."""

    def __init__(self, path: Path, lane: str) -> None:
        """Raises UsageError when the file is missing or holds no video."""
        if not path.is_file():
            raise UsageError(f"no video at {path}: give the path of a recording")
        self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        self._lane, self._sequence, self._last_s = lane, 0, -1.0
        if not self._capture.isOpened() or not self._capture.grab():
            self._capture.release()
            raise UsageError(f"{path} ({path.stat().st_size} bytes) is no video that FFmpeg can read")
        self._grabbed = True
        frames_per_second = self._capture.get(cv2.CAP_PROP_FPS)
        self._frame_s = 1 / frames_per_second if 1 <= frames_per_second <= 240 else 1 / 30

    def read(self) -> Frame | None:
        if not (self._grabbed or self._capture.grab()):
            return None
        self._grabbed = False
        ok, pixels = self._capture.retrieve()
        if not ok:
            return None
        # Some containers have no times, or have them out of order: then frames follow at the file's rate.
        media_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if media_s <= self._last_s:
            media_s = self._last_s + self._frame_s
        self._last_s = media_s
        self._sequence += 1
        return Frame(np.asarray(pixels, np.uint8), media_s, self._sequence - 1, self._lane)

    def close(self) -> None:
        self._capture.release()


class RealTime:
    """Plays a source at its own pace and stamps its frames with the monotonic clock, as a camera would."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._start_s: float | None = None

    def read(self) -> Frame | None:
        frame = self._source.read()
        if frame is None:
            return None
        if self._start_s is None:
            self._start_s = time.monotonic() - frame.grab_s
        time.sleep(max(0.0, self._start_s + frame.grab_s - time.monotonic()))
        return Frame(frame.pixels, time.monotonic(), frame.sequence, frame.lane)

    def close(self) -> None:
        self._source.close()


class MovingPattern:
    """The source `test:`, 640x480 at 30 frames/s: a grey field with a square that moves, and nobody in it."""

    _FRAMES_PER_SECOND = 30

    def __init__(self, lane: str) -> None:
        self._lane, self._sequence = lane, 0

    def read(self) -> Frame | None:
        pixels = np.full((480, 640, 3), 96, np.uint8)
        left = self._sequence * 4 % 580
        pixels[210:270, left : left + 60] = (40, 160, 220)
        self._sequence += 1
        return Frame(pixels, (self._sequence - 1) / self._FRAMES_PER_SECOND, self._sequence - 1, self._lane)

    def close(self) -> None:
        pass


def open_camera(source: str, lane: str) -> FrameSource:
    """The live source that a setting names. Raises UsageError or RunError, see `Camera`."""
    if source == "test:":
        return RealTime(MovingPattern(lane))
    return Camera(source, lane)


def _camera_target(source: str) -> tuple[int | str, int]:
    if source.isdecimal():
        return int(source), cv2.CAP_V4L2
    if source.startswith("/dev/"):
        return source, cv2.CAP_V4L2
    if re.match(r"(rtsps?|https?|tcp|udp)://", source):
        return source, cv2.CAP_FFMPEG
    if source.startswith("gst:"):
        if "GStreamer:                   YES" not in cv2.getBuildInformation():
            raise UsageError(f"{source!r}: this OpenCV was built without GStreamer: use the system's OpenCV")
        return source.removeprefix("gst:"), cv2.CAP_GSTREAMER
    if Path(source).is_file():
        raise UsageError(f"camera {source!r} is a file: use --video for recordings")
    raise UsageError(f"camera {source!r} is none of 0, /dev/..., rtsp://..., gst:PIPELINE, test:")


class LatestFrame:
    """One slot between the capture thread and the pipeline: the newest frame wins and nothing queues."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._frame: Frame | None = None
        self._ended = False
        self.dropped = 0
        """Frames that a newer one replaced before anybody looked."""

    def put(self, frame: Frame) -> None:
        with self._ready:
            self.dropped += self._frame is not None
            self._frame = frame
            self._ready.notify()

    def end(self) -> None:
        """Say that no frame will follow."""
        with self._ready:
            self._ended = True
            self._ready.notify()

    @property
    def ended(self) -> bool:
        """True once the last frame has been taken."""
        with self._ready:
            return self._ended and self._frame is None

    def take(self, timeout_s: float) -> Frame | None:
        """The newest frame, or None when none comes within the time."""
        with self._ready:
            self._ready.wait_for(lambda: self._frame is not None or self._ended, timeout_s)
            frame, self._frame = self._frame, None
            return frame


def capture(source: FrameSource, slot: LatestFrame, stopping: threading.Event) -> None:
    """What the capture thread does: move frames from the source into the slot until it ends or is to stop.

    The thread that reads a source is also the one that closes it: OpenCV cannot do both at once.
    """
    try:
        while not stopping.is_set() and (frame := source.read()) is not None:
            slot.put(frame)
    finally:
        slot.end()
        source.close()
