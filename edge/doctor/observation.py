"""Watches a lane's camera for a while, as the agent would see it: pictures, and the faces in them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.decision.customer import CustomerZone
from edge.frames import Camera, LatestFrame, capture, open_source, start_in_background
from edge.frames.watch import PictureWatch
from edge.vision.crop import align_all, alignable
from edge.vision.detectors import make_detector
from edge.vision.detectors.confirmation import FaceConfirmation
from edge.vision.quality import judge, measure

if TYPE_CHECKING:
    from edge.frames import Frame
    from edge.settings.config import Settings
    from edge.vision.quality import Measures

_LOOK_EVERY_S = 0.2
"""Faces are looked for that often: an agent on this box needs its CPU, too."""
_ENOUGH_FACES, _LEAST_S = 15, 3.0
"""So many faces in the zone are enough, but no look is shorter than that."""
_ENOUGH_CHANGES = 5
"""So many pictures that differ from those before are no chance: an encoder takes some to settle."""
_TAKE_S = 0.1
_GOODBYE_S = 2.0


@dataclass(frozen=True)
class SeenFace:
    """The largest face in the zone of one picture. reasons: why the quality gate would refuse it."""

    measures: Measures
    reasons: tuple[str, ...]


@dataclass
class Observation:
    """What was seen. width, height: of the pictures. rate: pictures a second. level: mean grey of the zone, 0..255.
    problem: why the source gives none of the lane, in one sentence. elsewhere: pictures with faces only outside the
    zone."""

    width: int = 0
    height: int = 0
    pictures: int = 0
    rate: float = 0.0
    level: float = 0.0
    problem: str = ""
    looks: int = 0
    elsewhere: int = 0
    faces: list[SeenFace] = field(default_factory=list)


def observe(settings: Settings, seconds: float) -> Observation:
    """Watch a lane. Raises EdgeError for a source that is none or gives no picture."""
    source = open_source(settings, start_in_background)
    slot, stopping = LatestFrame(), threading.Event()
    # A read may block for as long as it likes: it has a thread of its own.
    reader = start_in_background(lambda: capture(source, slot, stopping), f"frames of {settings.lane}")
    # A camera watches its own pictures.
    watch = PictureWatch() if settings.video else None
    watcher = _Watcher(settings)
    began_s, good = time.monotonic(), 0
    try:
        while (passed_s := time.monotonic() - began_s) < seconds and not slot.ended:
            if frame := slot.take(_TAKE_S):
                watcher.see(frame)
                fault = watch.fault(frame.pixels, frame.grab_s) if watch else ""
                # A recording of an empty lane may stand still for a while.
                good += not fault
                watcher.look.problem = "" if good >= _ENOUGH_CHANGES else fault
            elif not watch:
                watcher.look.problem = source.problem
            if passed_s > _LEAST_S and len(watcher.look.faces) >= _ENOUGH_FACES:
                break
        return watcher.look
    finally:
        stopping.set()
        if isinstance(source, Camera):
            # Else it would wait for a picture.
            source.close()
        watcher.close()
        reader.join(_GOODBYE_S)


class _Watcher:
    """Fills in a `Observation`, frame by frame."""

    def __init__(self, settings: Settings) -> None:
        self.look = Observation()
        self._settings = settings
        self._detector = make_detector(settings.detector.name, settings.detector.min_score)
        self._confirmation = FaceConfirmation()
        self._first: Frame | None = None
        self._looked_s = float("-inf")

    def see(self, frame: Frame) -> None:
        look = self.look
        self._first = self._first or frame
        look.height, look.width = frame.pixels.shape[:2]
        look.pictures = frame.sequence - self._first.sequence + 1
        passed_s = frame.grab_s - self._first.grab_s
        look.rate = (look.pictures - 1) / passed_s if passed_s > 0 else 0.0
        if frame.grab_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = frame.grab_s
            self._look_for_faces(frame)

    def close(self) -> None:
        self._detector.close()

    def _look_for_faces(self, frame: Frame) -> None:
        look, zone = self.look, self._settings.zone
        look.looks += 1
        look.level += (_level(frame, zone) - look.level) / look.looks
        faces = self._detector.detect(frame.pixels)
        faces = faces[alignable(faces.keypoints)]
        # To a zone that knows nobody yet, whoever is inside it is due.
        in_zone = faces[CustomerZone(self._settings).due(faces, frame.pixels.shape, 0.0)]
        if not len(in_zone):
            look.elsewhere += len(faces) > 0
            return
        largest = in_zone[np.argsort(-in_zone.eye_distances_px)[:1]]
        measures = measure(align_all(frame.pixels, largest.keypoints)[0], largest.keypoints[0])
        confirmation = float(self._confirmation.confirm(frame.pixels, largest)[0])
        _, reasons = judge(measures, confirmation, self._settings.quality)
        look.faces.append(SeenFace(measures, reasons))


def _level(frame: Frame, zone: tuple[tuple[float, float], ...]) -> float:
    height, width = frame.pixels.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.round(np.array(zone) * [width, height]).astype(np.int32)], 255)
    return float(cv2.mean(cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2GRAY), mask)[0])
