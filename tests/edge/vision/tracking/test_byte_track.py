"""Our fast parts of ByteTrack give the results of `trackers` and `supervision.Detections`."""

from __future__ import annotations

import numpy as np
import supervision
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from trackers import BIoU, ByteTrackTracker
from trackers.core.bytetrack.tracklet import ByteTrackTracklet
from trackers.utils.predict_timing import PredictTiming
from trackers.utils.state_representations import XYXYStateEstimator

from edge.vision.byte_track import BufferedOverlap, ByteTrack, IndependentSides
from edge.vision.faces import NO_TRACK, Faces

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""

MIN_SCORE, LOST_S = 0.6, 0.45

corners = st.floats(-50, 700, width=32)
sides = st.floats(0, 300, width=32)
box = st.tuples(corners, corners, sides, sides).map(lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3]))
boxes = st.lists(box, max_size=5).map(lambda boxes: np.array(boxes, np.float32).reshape(-1, 4))

PLACES = [(100, 100, 160, 180), (120, 100, 180, 180), (150, 110, 212, 190), (400, 90, 450, 160), (440, 95, 492, 163)]
face = st.tuples(st.sampled_from(PLACES), st.sampled_from([0.4, 0.55, 0.7, 0.9]))
frame = st.lists(face, max_size=4, unique_by=lambda face: face[0])


@given(boxes, boxes, st.floats(0, 1))
def test_the_overlap_of_boxes_is_that_of_trackers(
    first: NDArray[np.float32], second: NDArray[np.float32], growth: float
) -> None:
    np.testing.assert_allclose(
        BufferedOverlap(growth).compute(first, second), BIoU(growth).compute(first, second), atol=1e-5
    )


@given(arrays(np.float32, (3, 4), elements=corners))
def test_a_box_overlaps_itself_completely(found: NDArray[np.float32]) -> None:
    upright = np.sort(found.reshape(3, 2, 2), axis=1).reshape(3, 4) + np.array([0, 0, 1, 1], np.float32)
    np.testing.assert_allclose(np.diag(BufferedOverlap(0.15).compute(upright, upright)), 1, atol=1e-6)


@given(box, st.lists(st.tuples(st.sampled_from([0.9, 1.0, 1.05, 2.0, 6.0, 18.0]), st.none() | box), max_size=20))
def test_boxes_are_predicted_as_by_the_filter_of_trackers(first: Box, film: list[tuple[float, Box | None]]) -> None:
    start = np.array(first, np.float32)
    ours, theirs = (ByteTrackTracklet(start, kind) for kind in (IndependentSides, XYXYStateEstimator))
    for frame_step, seen in film:
        for track in (ours, theirs):
            track.predict(PredictTiming(frame_step=frame_step, elapsed_seconds=frame_step / 30, frame_rate=30.0))
            if seen:
                track.update(np.array(seen, np.float32))
        np.testing.assert_allclose(ours.get_state_bbox(), theirs.get_state_bbox(), rtol=1e-6, atol=1e-3)


@given(st.lists(st.tuples(st.sampled_from([1 / 30, 0.1, 0.2, 0.6]), frame), max_size=12))
def test_faces_get_the_track_numbers_that_trackers_gives_them(
    film: list[tuple[float, list[tuple[Box, float]]]],
) -> None:
    ours = ByteTrack(LOST_S, MIN_SCORE)
    theirs = ByteTrackTracker(
        lost_track_buffer=round(LOST_S * 30), frame_rate=30.0, track_activation_threshold=MIN_SCORE,
        minimum_consecutive_frames=2, minimum_iou_threshold=0.1, high_conf_det_threshold=MIN_SCORE, iou=BIoU(0.15),
    )  # fmt: skip
    now_s = 0.0
    for pause_s, found in film:
        now_s += pause_s
        places = np.array([place for place, _ in found], np.float32).reshape(-1, 4)
        scores = np.array([score for _, score in found], np.float32)
        faces = Faces(places, np.zeros((len(found), 4, 2), np.float32), scores)
        assert ours.update(faces, now_s) == numbers_by_trackers(theirs, faces, now_s)


def numbers_by_trackers(tracker: ByteTrackTracker, faces: Faces, now_s: float) -> list[int]:
    detections = supervision.Detections(
        xyxy=faces.boxes.copy(), confidence=faces.scores.copy(), data={"row": np.arange(len(faces))}
    )
    tracked, numbers = tracker.update(detections, timestamp=now_s), [NO_TRACK] * len(faces)
    for row, number in zip(tracked.data.get("row", []), tracked.tracker_id, strict=True):
        numbers[int(row)] = int(number)
    return numbers
