"""ByteTrack (Zhang et al. 2021, arXiv:2110.06864) from `trackers`, with its three slow parts replaced.

For the few faces in a lane's frame, most of the time went into `supervision.Detections`, which validates every copy;
into growing boxes side by side before computing their overlap; and into 8x8 matrices that contain the same 2x2 block
four times.
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

_BOX_GROWTH = 0.15
"""Boxes grow on every side by this share of their size before their overlap is computed: at 5 frames/s, somebody who
walks in moves by a face width between two frames."""

_ON_TIME_S = 0.004
"""A frame that is early or late by at most this counts as on time (as in `trackers`)."""


class ByteTrack:
    """Follows faces from frame to frame by the overlap of their boxes."""

    def __init__(self, lost_s: float, min_score: float) -> None:
        """lost_s: how long a track survives without a detection. min_score: detections with a lower score continue a
        track but do not start one."""
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(lost_s * _FRAME_RATE),
            frame_rate=_FRAME_RATE,
            track_activation_threshold=min_score,
            minimum_consecutive_frames=2,
            minimum_iou_threshold=0.1,
            high_conf_det_threshold=min_score,
            state_estimator_class=IndependentSides,
            iou=BufferedOverlap(_BOX_GROWTH),
        )

    def update(self, faces: Faces, now_s: float) -> list[int]:
        """The track number of every face; `NO_TRACK` in its first frame. now_s: the frame's grab time in seconds."""
        found = _Detections(faces.boxes, faces.scores, np.arange(len(faces)))
        tracked = cast("_Detections", self._tracker.update(cast("supervision.Detections", found), timestamp=now_s))
        numbers = [NO_TRACK] * len(faces)
        if len(tracked):
            for row, number in zip(tracked.rows.tolist(), tracked.tracker_id.tolist(), strict=True):
                numbers[row] = number
        return numbers


class _Detections:
    """The part of `supervision.Detections` that ByteTrack uses. rows: int64 (N,), the faces' rows in `Faces`."""

    def __init__(self, xyxy: NDArray[np.float32], confidence: NDArray[np.float32], rows: NDArray[np.int64]) -> None:
        self.xyxy, self.confidence, self.rows = xyxy, confidence, rows
        self.tracker_id: NDArray[np.int64] = np.empty(0, np.int64)  # set by the tracker

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: NDArray[np.intp] | slice) -> _Detections:
        return _Detections(self.xyxy[rows], self.confidence[rows], self.rows[rows])


class IndependentSides(XYXYStateEstimator):  # type: ignore[misc]  # trackers is not typed here
    """A box's position and motion: gives the results of `XYXYStateEstimator` without its matrices.

    That class is a Kalman filter with eight states: the position and speed of each of the four sides. The sides are
    independent and have equal covariances, so one filter with two states, in plain arithmetic, serves all four.
    """

    def __init__(self, bbox: NDArray[np.floating]) -> None:
        super().__init__(bbox)
        self._places, self._speeds = bbox.tolist(), [0.0] * 4
        # Variance of the position, covariance, variance of the speed: the initial values of `trackers`.
        self._place, self._both, self._speed = 1.0, 0.0, 1.0

    def predict(self, frame_step: float = 1.0, frame_rate: float | None = None) -> None:
        """Move the box on. frame_step: time since the last frame, in units of 1 / frame_rate seconds."""
        step, drift = frame_step, float(self.motion.process_noise.baseline_Q[0, 0])
        self._places = [place + step * speed for place, speed in zip(self._places, self._speeds, strict=True)]
        self._place += step * (2 * self._both + step * self._speed)
        self._both += step * self._speed
        if abs(step - 1) <= _ON_TIME_S * (frame_rate or _FRAME_RATE):
            self._place += drift
            self._speed += drift
        else:
            # White noise acceleration, since `drift` was chosen for a step of one frame.
            self._place += drift * step**4 / 4
            self._both += drift * step**3 / 2
            self._speed += drift * step**2

    def update(self, bbox: NDArray[np.floating] | None) -> None:
        """Correct the state. bbox: (4,), the detected box; None when there is none."""
        if bbox is None:
            return
        variance = self._place + float(self.kf.measurement_noise[0, 0])
        place_gain, speed_gain = self._place / variance, self._both / variance
        errors = [found - place for found, place in zip(bbox.tolist(), self._places, strict=True)]
        self._places = [place + place_gain * error for place, error in zip(self._places, errors, strict=True)]
        self._speeds = [speed + speed_gain * error for speed, error in zip(self._speeds, errors, strict=True)]
        self._speed -= speed_gain * self._both
        self._place, self._both = (1 - place_gain) * self._place, (1 - place_gain) * self._both

    def state_to_bbox(self) -> NDArray[np.float64]:
        return np.array(self._places)


class BufferedOverlap(BaseIoU):  # type: ignore[misc]  # trackers is not typed here
    """Intersection over union of enlarged boxes: the result of `trackers.BIoU` in a quarter of its time."""

    def __init__(self, growth: float) -> None:
        """growth: how far a box grows on every side, as a share of its width and height."""
        self._growth = growth

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
        # Two boxes without an area: 0.
        return np.asarray(shared / np.maximum(areas_1[:, None] + areas_2 - shared, 1e-9))

    def _grown(
        self, boxes: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Enlarged boxes: upper left and lower right corners, float64 (N, 2), and areas, float64 (N,)."""
        lows, highs = boxes[:, :2].astype(np.float64), boxes[:, 2:].astype(np.float64)
        margins = self._growth * (highs - lows)
        lows, highs = lows - margins, highs + margins
        sides = highs - lows
        return lows, highs, sides[:, 0] * sides[:, 1]
