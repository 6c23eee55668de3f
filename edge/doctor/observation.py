"""Watches a lane's camera for some seconds and measures its frames and the faces in them, as the agent would."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.decision.customer import CustomerZone
from edge.frames import Camera, LatestFrame, capture, open_source, start_in_background
from edge.frames.geometry import as_set
from edge.frames.watch import PictureWatch
from edge.vision.crop import align_all, alignable
from edge.vision.detectors import make_detector
from edge.vision.detectors.confirmation import FaceConfirmation
from edge.vision.quality import judge, measure
from edge.vision.upright import UprightSearch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.frames import Frame
    from edge.settings.config import Settings
    from edge.vision.quality import Measures

_SEARCH_EVERY_S = 0.2
"""Time between two frames that are searched for faces: a running agent on this box needs the CPU, too."""
_TURN_EVERY_S = 0.8
"""Time between two frames that are turned, which are searched four times."""
_ENOUGH_FACES, _LEAST_S = 15, 3.0
"""Observing ends early with this many faces in the zone, but not before this many seconds."""
_ENOUGH_CHANGES = 5
"""A source works once this many frames differ from those before; fewer may be an encoder that settles."""
_TAKE_S = 0.1
_GOODBYE_S = 2.0


@dataclass(frozen=True)
class FaceSample:
    """The largest face in the zone of one frame. reasons: why the quality gate would reject it; empty if it is good."""

    measures: Measures
    reasons: tuple[str, ...]


@dataclass
class Observation:
    """What the camera showed.

    width, height: of the frames, as the settings want them seen. sent_size: width and height before that. frames: how
    many came. frame_rate: frames/s. problem: why the source gives no picture of the lane, in one sentence; empty if it
    does. frames_searched: frames that were searched for faces. frames_outside: those with faces only outside the zone.
    zone_brightness: mean grey of the zone in them, 0..255. grain: noise of a frame, as a standard deviation in grey
    levels. faces: one for each of them with a face in the zone. turns: by how many degrees clockwise faces would have
    to be turned to be upright, with the number of frames of each.
    """

    width: int = 0
    height: int = 0
    sent_size: tuple[int, int] = (0, 0)
    frames: int = 0
    frame_rate: float = 0.0
    problem: str = ""
    frames_searched: int = 0
    frames_outside: int = 0
    zone_brightness: float = 0.0
    grain: float = 0.0
    faces: list[FaceSample] = field(default_factory=list)
    turns: Counter[int] = field(default_factory=Counter)


def observe(settings: Settings, seconds: float) -> Observation:
    """Watch a lane's camera or recording for at most `seconds`.

    Raises EdgeError for a source that is invalid or gives no picture.
    """
    source = open_source(settings, start_in_background)
    slot, stopping = LatestFrame(), threading.Event()
    # A read can block for any time, so it gets its own thread.
    reader = start_in_background(lambda: capture(source, slot, stopping), f"frames of {settings.lane}")
    # A camera watches its own frames; a recording needs a watch.
    watch = PictureWatch() if settings.video else None
    watcher = _Watcher(settings)
    began_s, good = time.monotonic(), 0
    try:
        while (passed_s := time.monotonic() - began_s) < seconds and not slot.ended:
            if frame := slot.take(_TAKE_S):
                watcher.add(frame)
            if watch and frame:
                fault = watch.fault(frame.pixels, frame.grab_s)
                # A recording of an empty lane may stand still for a while.
                good += not fault
                watcher.observation.problem = "" if good >= _ENOUGH_CHANGES else fault
            elif not watch:
                watcher.observation.problem = source.problem
            if passed_s > _LEAST_S and len(watcher.observation.faces) >= _ENOUGH_FACES:
                break
        return watcher.observation
    finally:
        stopping.set()
        if isinstance(source, Camera):
            # Otherwise it would wait for a frame.
            source.close()
        watcher.close()
        reader.join(_GOODBYE_S)


class _Watcher:
    """Builds an `Observation` frame by frame."""

    def __init__(self, settings: Settings) -> None:
        self.observation = Observation()
        self._settings = settings
        self._detector = make_detector(settings.detector.name, settings.detector.min_score)
        self._confirmation = FaceConfirmation()
        self._upright = UprightSearch(self._detector, self._confirmation, settings.quality.min_confirmation)
        self._first: Frame | None = None
        self._before: Frame | None = None
        self._grains: list[float] = []
        self._searched_s = self._turned_s = float("-inf")

    def add(self, frame: Frame) -> None:
        frame = as_set(frame, self._settings.picture)
        observed = self.observation
        self._first = self._first or frame
        observed.height, observed.width = frame.pixels.shape[:2]
        height, width = (frame.pixels if frame.original is None else frame.original).shape[:2]
        observed.sent_size = width, height
        observed.frames = frame.sequence - self._first.sequence + 1
        passed_s = frame.grab_s - self._first.grab_s
        observed.frame_rate = (observed.frames - 1) / passed_s if passed_s > 0 else 0.0
        if self._before and frame.sequence == self._before.sequence + 1:
            self._grains.append(grain(self._before.pixels, frame.pixels))
            observed.grain = float(np.median(self._grains))
        self._before = frame
        if frame.grab_s - self._searched_s >= _SEARCH_EVERY_S:
            self._searched_s = frame.grab_s
            self._search(frame)
        if frame.grab_s - self._turned_s >= _TURN_EVERY_S:
            self._turned_s = frame.grab_s
            turn = self._upright.turn(frame.pixels)
            observed.turns.update([] if turn is None else [turn])

    def close(self) -> None:
        self._detector.close()

    def _search(self, frame: Frame) -> None:
        observed = self.observation
        observed.frames_searched += 1
        brightness = _brightness(frame, self._settings.zone)
        observed.zone_brightness += (brightness - observed.zone_brightness) / observed.frames_searched
        faces = self._detector.detect(frame.pixels)
        faces = faces[alignable(faces.keypoints)]
        # A new zone has no samples yet, so it wants one of every face inside it.
        in_zone = faces[CustomerZone(self._settings).should_sample(faces, frame.pixels.shape, 0.0)]
        if not len(in_zone):
            observed.frames_outside += len(faces) > 0
            return
        largest = in_zone[np.argsort(-in_zone.eye_distances_px)[:1]]
        measures = measure(align_all(frame.pixels, largest.keypoints)[0], largest.keypoints[0])
        confirmation = float(self._confirmation.confirm(frame.pixels, largest)[0])
        _, reasons = judge(measures, confirmation, self._settings.quality)
        observed.faces.append(FaceSample(measures, reasons))


def grain(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """The noise of one picture, by its difference from the next one, as a standard deviation in grey levels.

    The median ignores what moves, if that is less than half of the picture. Pictures: uint8 (H, W, 3) BGR; 0 if their
    sizes differ.
    """
    if before.shape != after.shape:
        return 0.0
    # Every fourth pixel: averaging would hide the noise.
    first, second = (cv2.cvtColor(np.ascontiguousarray(each[::4, ::4]), cv2.COLOR_BGR2GRAY) for each in (before, after))
    # Of a normal distribution, half the values are within 0.6745 standard deviations.
    return float(np.median(cv2.absdiff(first, second)) / 0.6745 / np.sqrt(2))


def _brightness(frame: Frame, zone: tuple[tuple[float, float], ...]) -> float:
    """Mean grey of a zone, 0..255."""
    height, width = frame.pixels.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.round(np.array(zone) * [width, height]).astype(np.int32)], 255)
    return float(cv2.mean(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2GRAY), mask)[0])
