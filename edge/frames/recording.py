"""Frame sources without a camera: recordings, as fast as possible or in real time, and a test pattern."""

from __future__ import annotations

import logging
import threading
import time
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from edge.commands import visible
from edge.errors import UsageError
from edge.frames.frame import Frame
from edge.frames.media_clock import MediaClock
from edge.language.system import system_words
from edge.language.words import words

if TYPE_CHECKING:
    from pathlib import Path

    from edge.frames.frame import FrameSource

log = logging.getLogger(__name__)


class VideoFile:
    """A `FrameSource` of every frame of a recording, as fast as it is read.

    `grab_s` is the recording's own time, from 0 on. It never jumps: gaps of more than 5 s are shortened, and where the
    times stand still or go back, it goes on (see `MediaClock`).
    """

    problem = ""

    def __init__(self, path: Path, lane: str) -> None:
        """Raises UsageError when the file is missing or is not a video."""
        # Imported here: it loads a second FFmpeg besides OpenCV's, which a lane with a camera does not need.
        from edge.frames.decoding import DecodedRecording

        self._name, self._lane = visible(str(path)), lane
        try:
            if not path.is_file():
                raise UsageError(words("no video at {path}: give the path of a recording", path=path))
            self._recording = DecodedRecording(path)
        except OSError as problem:
            raise UsageError(words("cannot read {path}: {reason}", path=path, reason=system_words(problem))) from None
        except ValueError:
            raise self._no_video(path) from None
        self._pictures = iter(self._recording)
        rate = self._recording.frames_per_second
        self._clock = MediaClock(1 / rate if 1 <= rate <= 240 else 1 / 30)
        self._numbers = count()
        self._first = next(self._pictures, None)
        self._jumped = False
        # Closing a file that another thread reads would crash the process.
        self._busy = threading.Lock()
        self._closed = False
        if self._first is None:
            self.close()
            raise self._no_video(path)

    def read(self) -> Frame | None:
        with self._busy:
            if self._closed:
                return None
            picture, self._first = self._first or next(self._pictures, None), None
        if picture is None:
            return None
        pixels, media_s = picture
        grab_s = self._clock.advance(media_s)
        if self._clock.jump_s and not self._jumped:
            self._jumped = True
            log.warning(
                "%s: its time jumps by %.1f s, %.1f s after the start; played without the jump, and later jumps too",
                self._name, self._clock.jump_s, grab_s,
            )  # fmt: skip
        return Frame(pixels, grab_s, next(self._numbers), self._lane)

    def close(self) -> None:
        with self._busy:
            if not self._closed:
                self._closed = True
                self._recording.close()

    @staticmethod
    def _no_video(path: Path) -> UsageError:
        return UsageError(
            words("{path} ({size} bytes) is not a video that FFmpeg can read", path=path, size=path.stat().st_size)
        )


class RealTime:
    """Plays a source in real time: waits for each frame's time, and sets `grab_s` to the monotonic clock."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self._start_s: float | None = None

    @property
    def problem(self) -> str:
        return self._source.problem

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
    """The source `test:`: a moving square on grey, 640x480 at 30 frames/s, without a person."""

    _FRAMES_PER_SECOND = 30
    problem = ""

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
