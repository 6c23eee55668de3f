"""The vision pipeline of a lane: detect, track, align, check quality, estimate the age. One `Faces` goes through it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from edge.lane.counts import FaceCounts
from edge.lane.distortion import Distortion
from edge.timings import Timings
from edge.vision.crop import align_all, alignable
from edge.vision.detectors import make_detector
from edge.vision.detectors.confirmation import FaceConfirmation
from edge.vision.faces import NO_TRACK
from edge.vision.quality import all_distorted, gate
from edge.vision.tracking import FaceTracker
from edge.vision.upright import UprightSearch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.ages import AgeModel
    from edge.frames import Frame
    from edge.settings.config import Settings
    from edge.vision.faces import Faces


ShouldSample = Callable[["Faces", "Frame"], "NDArray[np.bool_]"]
"""For every tracked face of a frame, whether to sample it now: bool (N,)."""

MOST_AGES = 8
"""At most this many ages are estimated in a frame, best quality first: a crowd must not delay the customer."""


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
        """Use other settings, except those of the detector, or another age model. All tracks end."""
        self._settings, self._age_model = settings, age_model
        self.distortion = Distortion(settings.picture)
        self._tracker = FaceTracker(settings.tracking, settings.detector.min_score)
        self._upright = UprightSearch(self._detector, self._confirmation, settings.quality.min_confirmation)

    def process(self, frame: Frame, should_sample: ShouldSample, *, estimate_ages: bool) -> Faces:
        """The tracked faces of a frame.

        Faces are detected and tracked in every frame. Faces to be sampled go through the quality gate; if
        `estimate_ages`, the ages of the best that pass are estimated in one batch.
        """
        with self.timings.stage("detect"):
            faces = self._detector.detect(frame.pixels)
            faces = faces[alignable(faces.keypoints)]
        with self.timings.stage("track"):
            faces = self._tracker.update(faces, frame.grab_s)
            faces = faces[faces.track_ids != NO_TRACK]
        self.distortion.see(frame)
        rows = np.flatnonzero(should_sample(faces, frame))
        if len(rows):
            faces = faces.with_rows(rows, self._sample(frame, faces[rows], estimate_ages))
        self.counts.add(faces)
        return faces

    def turn_of(self, frame: Frame, turn: int) -> int | None:
        """Whether the faces of a frame are upright (0) or would be if it were turned by `turn` degrees clockwise; None
        when there is no face. Costs two detections."""
        return self._upright.turn(frame.pixels, (turn,))

    def _sample(self, frame: Frame, faces: Faces, estimate_ages: bool) -> Faces:
        with self.timings.stage("align"):
            crops = align_all(frame.pixels, faces.keypoints)
        with self.timings.stage("judge"):
            confirmations = self._confirmation.confirm(frame.pixels, faces)
            faces = gate(faces, crops, confirmations, self._settings.quality)
            self.distortion.add(faces, frame.lane)
            if self.distortion.problem:
                faces = all_distorted(faces)
        if not estimate_ages or not faces.usable.any():
            return faces
        best_first = np.argsort(-faces.quality, kind="stable")
        best_first = best_first[faces.usable[best_first]]
        chosen, rest = best_first[:MOST_AGES], best_first[MOST_AGES:]
        with self.timings.stage("age"):
            age_probs, quality = faces.age_probs.copy(), faces.quality.copy()
            age_probs[chosen] = self._age_model.predict(crops[chosen])
            # Marked as not sampled, so that they are sampled in the next frame.
            quality[rest] = np.nan
        return faces.with_(age_probs=age_probs, quality=quality)

    def close(self) -> None:
        self._detector.close()
