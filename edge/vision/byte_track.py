"""ByteTrack (Zhang et al. 2021, arXiv:2110.06864) from `trackers`, without what it costs beside its own sums.

A lane has a few faces in a frame. For so few, most of the time went into `supervision`, whose `Detections` are checked
with every copy, into the overlap of boxes that were grown one side after the other, and into matrices of 8x8 numbers
that hold four times the same 2x2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from trackers import ByteTrackTracker
from trackers.utils.iou import BaseIoU
from trackers.utils.state_representations import XYXYStateEstimator

from edge.vision.faces import NO_TRACK

if TYPE_CHECKING:
    import supervision
    from numpy.typing import NDArray

    from edge.vision.faces import Faces

_FRAME_RATE = 30.0

_REACH = 0.15
"""Boxes grow by this share to every side before their overlap is taken: at 5 frames/s somebody who walks in is a whole
face width farther in every frame."""

_NEARLY_A_FRAME_S = 0.004
"""A frame that comes so much early or late still counts as one that came in time (as in `trackers`)."""


class ByteTrack:
    """Numbers faces by overlap from frame to frame."""

    def __init__(self, lost_s: float, min_score: float) -> None:
        """lost_s: how long a number waits for its face. min_score: weaker faces keep a number but start none."""
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(lost_s * _FRAME_RATE),
            frame_rate=_FRAME_RATE,
            track_activation_threshold=min_score,
            minimum_consecutive_frames=2,
            minimum_iou_threshold=0.1,
            high_conf_det_threshold=min_score,
            state_estimator_class=SidesApart,
            iou=GrownOverlap(_REACH),
        )

    def numbers(self, faces: Faces, now_s: float) -> list[int]:
        """A number for every face, `NO_TRACK` in its first frame. now_s: the frame's grab time."""
        found = _Found(faces.boxes, faces.scores, np.arange(len(faces)))
        tracked = cast("_Found", self._tracker.update(cast("supervision.Detections", found), timestamp=now_s))
        numbers = [NO_TRACK] * len(faces)
        if len(tracked):
            for row, number in zip(tracked.rows.tolist(), tracked.tracker_id.tolist(), strict=True):
                numbers[row] = number
        return numbers


class _Found:
    """What ByteTrack asks of a `supervision.Detections`. rows: int64 (N,), where these faces stood in the frame's."""

    def __init__(self, xyxy: NDArray[np.float32], confidence: NDArray[np.float32], rows: NDArray[np.int64]) -> None:
        self.xyxy, self.confidence, self.rows = xyxy, confidence, rows
        self.tracker_id: NDArray[np.int64] = np.empty(0, np.int64)  # filled in by the tracker

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: NDArray[np.intp] | slice) -> _Found:
        return _Found(self.xyxy[rows], self.confidence[rows], self.rows[rows])


class SidesApart(XYXYStateEstimator):  # type: ignore[misc]  # trackers is not typed here
    """Where a box is and goes: what `XYXYStateEstimator` tells, without its matrices.

    A Kalman filter of eight numbers, the place and the speed of each of a box's four sides. None of them tells anything
    of another side, and all are equally sure: one filter of two numbers, in plain arithmetic, does for the four.
    """

    def __init__(self, bbox: NDArray[np.floating]) -> None:
        super().__init__(bbox)
        self._places, self._speeds = bbox.tolist(), [0.0] * 4
        # The covariance of place and speed, as it is at first in a filter of `trackers`.
        self._place, self._both, self._speed = 1.0, 0.0, 1.0

    def predict(self, frame_step: float = 1.0, frame_rate: float | None = None) -> None:
        """frame_step: time since the last frame, in frames of 1 / frame_rate seconds."""
        step, drift = frame_step, float(self.motion.process_noise.baseline_Q[0, 0])
        self._places = [place + step * speed for place, speed in zip(self._places, self._speeds, strict=True)]
        self._place += step * (2 * self._both + step * self._speed)
        self._both += step * self._speed
        if abs(step - 1) <= _NEARLY_A_FRAME_S * (frame_rate or _FRAME_RATE):
            self._place += drift
            self._speed += drift
        else:
            # White noise acceleration, of a time that is not the one `drift` was chosen for.
            self._place += drift * step**4 / 4
            self._both += drift * step**3 / 2
            self._speed += drift * step**2

    def update(self, bbox: NDArray[np.floating] | None) -> None:
        """bbox: (4,), where the box was seen; None when it was not."""
        if bbox is None:
            return
        doubt = self._place + float(self.kf.measurement_noise[0, 0])
        to_place, to_speed = self._place / doubt, self._both / doubt
        missed = [seen - place for seen, place in zip(bbox.tolist(), self._places, strict=True)]
        self._places = [place + to_place * by for place, by in zip(self._places, missed, strict=True)]
        self._speeds = [speed + to_speed * by for speed, by in zip(self._speeds, missed, strict=True)]
        self._speed -= to_speed * self._both
        self._place, self._both = (1 - to_place) * self._place, (1 - to_place) * self._both

    def state_to_bbox(self) -> NDArray[np.float64]:
        return np.array(self._places)


class GrownOverlap(BaseIoU):  # type: ignore[misc]  # trackers is not typed here
    """Intersection over union of boxes that were grown first: what `trackers.BIoU` tells, in a quarter of its time."""

    def __init__(self, reach: float) -> None:
        """reach: how far a box grows to every side, as a share of its width and height."""
        self._reach = reach

    def compute(self, boxes_1: NDArray[np.floating], boxes_2: NDArray[np.floating]) -> NDArray[np.float64]:
        """boxes_1: (N, 4), boxes_2: (M, 4), finite. Returns float64 (N, M)."""
        if not len(boxes_1) or not len(boxes_2):
            return np.zeros((len(boxes_1), len(boxes_2)))
        return self._compute(boxes_1, boxes_2)

    def _compute(self, boxes_1: NDArray[np.floating], boxes_2: NDArray[np.floating]) -> NDArray[np.float64]:
        lows_1, highs_1, areas_1 = self._grown(boxes_1)
        lows_2, highs_2, areas_2 = self._grown(boxes_2)
        sides = np.minimum(highs_1[:, None], highs_2) - np.maximum(lows_1[:, None], lows_2)
        shared = np.maximum(sides[..., 0], 0) * np.maximum(sides[..., 1], 0)
        # Two boxes without any area overlap by nothing.
        return np.asarray(shared / np.maximum(areas_1[:, None] + areas_2 - shared, 1e-9))

    def _grown(
        self, boxes: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The upper left and the lower right corners, float64 (N, 2), and the areas, float64 (N,)."""
        lows, highs = boxes[:, :2].astype(np.float64), boxes[:, 2:].astype(np.float64)
        margins = self._reach * (highs - lows)
        lows, highs = lows - margins, highs + margins
        sides = highs - lows
        return lows, highs, sides[:, 0] * sides[:, 1]
