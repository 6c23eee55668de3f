"""The way of a frame: detect, track, align, judge, tell the age. One `Faces` value is handed from stage to stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edge.crop import align_all, alignable
from edge.detectors import make_detector
from edge.detectors.second_look import SecondLook
from edge.faces import NO_TRACK
from edge.quality import gate
from edge.timings import Timings
from edge.tracking import FaceTracker

if TYPE_CHECKING:
    from edge.ages import AgeModel
    from edge.config import Settings
    from edge.faces import Faces
    from edge.frames import Frame


class Pipeline:
    """Detector, tracker, quality gate and age model in a row. Not thread-safe: one per lane."""

    def __init__(self, settings: Settings, age_model: AgeModel) -> None:
        self._settings = settings
        # Weak detections start no track, but they keep one alive through a hand or a turned head.
        self._detector = make_detector(settings.detector.name, settings.detector.min_score / 2)
        self._second_look = SecondLook()
        self._tracker = FaceTracker(settings.tracking, settings.detector.min_score)
        self._age_model = age_model
        self._last_look_s = -np.inf
        self.timings = Timings()

    def process(self, frame: Frame, *, estimate_ages: bool) -> Faces:
        """All that can be said of the tracked faces in a frame.

        Faces are found and tracked in every frame, judged every `tracking.look_every_s`, and then, if `estimate_ages`,
        the ages of all that passed are estimated in one batch.
        """
        with self.timings.stage("detect"):
            faces = self._detector.detect(frame.pixels)
            faces = faces[alignable(faces.keypoints)]
        with self.timings.stage("track"):
            faces = self._tracker.update(faces, frame.grab_s)
            faces = faces[faces.track_ids != NO_TRACK]
        # A hair less than the interval, or frames at exactly that pace would be skipped for rounding.
        wait_s = self._settings.tracking.look_every_s - 1e-3
        if not len(faces) or frame.grab_s - self._last_look_s < wait_s:
            return faces
        self._last_look_s = frame.grab_s
        with self.timings.stage("align"):
            crops = align_all(frame.pixels, faces.keypoints)
        with self.timings.stage("judge"):
            confirmations = self._second_look.confirm(frame.pixels, faces)
            faces = gate(faces, crops, confirmations, self._settings.quality)
        usable = faces.usable
        if estimate_ages and usable.any():
            with self.timings.stage("age"):
                age_probs = faces.age_probs.copy()
                age_probs[usable] = self._age_model.predict(crops[usable])
                faces = faces.with_(age_probs=age_probs)
        return faces

    def close(self) -> None:
        self._detector.close()
