"""Following faces from frame to frame: ByteTrack (Zhang et al. 2021, arXiv:2110.06864) from `trackers`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import supervision
from trackers import ByteTrackTracker

if TYPE_CHECKING:
    from edge.config import TrackingSettings
    from edge.faces import Faces

_FRAME_RATE = 30.0


class FaceTracker:
    """Gives every face the id of its track."""

    def __init__(self, settings: TrackingSettings, min_score: float) -> None:
        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(settings.lost_s * _FRAME_RATE),
            frame_rate=_FRAME_RATE,
            track_activation_threshold=min_score,
            minimum_consecutive_frames=2,
            minimum_iou_threshold=0.1,
            high_conf_det_threshold=min_score,
        )

    def update(self, faces: Faces, now_s: float) -> Faces:
        """Fill in `track_ids`. Faces not yet sure of a track keep `NO_TRACK`. now_s: the frame's grab time."""
        rows = np.arange(len(faces))
        detections = supervision.Detections(xyxy=faces.boxes.copy(), confidence=faces.scores.copy(), data={"row": rows})
        tracked = self._tracker.update(detections, timestamp=now_s)
        ids = faces.track_ids.copy()
        if len(tracked) and tracked.tracker_id is not None:
            ids[np.asarray(tracked.data["row"], int)] = tracked.tracker_id
        return faces.with_(track_ids=ids)
