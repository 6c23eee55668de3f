"""The way of a frame: detect, track, align, judge, tell the age. One `Faces` value is handed from stage to stage."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from edge.lane.counts import FaceCounts
from edge.timings import Timings
from edge.vision.crop import align_all, alignable
from edge.vision.detectors import make_detector
from edge.vision.detectors.confirmation import FaceConfirmation
from edge.vision.faces import NO_TRACK
from edge.vision.quality import gate
from edge.vision.tracking import FaceTracker

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.ages import AgeModel
    from edge.frames import Frame
    from edge.settings.config import Settings
    from edge.vision.faces import Faces


Due = Callable[["Faces", "Frame"], "NDArray[np.bool_]"]
"""Says of every tracked face of a frame whether somebody is to look at it: bool (N,)."""

MOST_AGES = 8
"""Faces of one frame whose ages are estimated, best first: a crowd must not make the customer wait."""


class Pipeline:
    """Detector, tracker, quality gate and age model in a row. Not thread-safe: one per lane."""

    def __init__(self, settings: Settings, age_model: AgeModel) -> None:
        # Weak detections start no track, but they keep one alive through a hand or a turned head.
        self._detector = make_detector(settings.detector.name, settings.detector.min_score / 2)
        self._confirmation = FaceConfirmation()
        self.timings = Timings()
        self.counts = FaceCounts()
        self.change(settings, age_model)

    def change(self, settings: Settings, age_model: AgeModel) -> None:
        """Go on with other settings, but for those of the detector, or another age model. Tracks begin anew."""
        self._settings, self._age_model = settings, age_model
        self._tracker = FaceTracker(settings.tracking, settings.detector.min_score)

    def process(self, frame: Frame, due: Due, *, estimate_ages: bool) -> Faces:
        """All that can be said of the tracked faces in a frame.

        Faces are found and tracked in every frame. Those that are `due` are judged, and then, if `estimate_ages`, the
        ages of the best that passed are estimated in one batch.
        """
        with self.timings.stage("detect"):
            faces = self._detector.detect(frame.pixels)
            faces = faces[alignable(faces.keypoints)]
        with self.timings.stage("track"):
            faces = self._tracker.update(faces, frame.grab_s)
            faces = faces[faces.track_ids != NO_TRACK]
        rows = np.flatnonzero(due(faces, frame))
        if len(rows):
            faces = faces.with_rows(rows, self._look_at(frame, faces[rows], estimate_ages))
        self.counts.add(faces)
        return faces

    def _look_at(self, frame: Frame, faces: Faces, estimate_ages: bool) -> Faces:
        with self.timings.stage("align"):
            crops = align_all(frame.pixels, faces.keypoints)
        with self.timings.stage("judge"):
            confirmations = self._confirmation.confirm(frame.pixels, faces)
            faces = gate(faces, crops, confirmations, self._settings.quality)
        if not estimate_ages or not faces.usable.any():
            return faces
        best_first = np.argsort(-faces.quality, kind="stable")
        best_first = best_first[faces.usable[best_first]]
        chosen, left = best_first[:MOST_AGES], best_first[MOST_AGES:]
        with self.timings.stage("age"):
            age_probs, quality = faces.age_probs.copy(), faces.quality.copy()
            age_probs[chosen] = self._age_model.predict(crops[chosen])
            # As if nobody had looked: they are due again with the next frame.
            quality[left] = np.nan
        return faces.with_(age_probs=age_probs, quality=quality)

    def close(self) -> None:
        self._detector.close()
