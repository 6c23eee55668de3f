"""ByteTrack (Zhang et al. 2021, arXiv:2110.06864) from `trackers`, without what it costs beside its own sums.

A lane has a few faces in a frame. For so few, most of the time went into `supervision`, whose `Detections` are checked
with every copy, and into the overlap of boxes that were grown one side after the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from trackers import ByteTrackTracker
from trackers.utils.iou import BaseIoU

from edge.faces import NO_TRACK

if TYPE_CHECKING:
    import supervision
    from numpy.typing import NDArray

    from edge.faces import Faces

_FRAME_RATE = 30.0

_REACH = 0.15
"""Boxes grow by this share to every side before their overlap is taken: at 5 frames/s somebody who walks in is a whole
face width farther in every frame."""


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
