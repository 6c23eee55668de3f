"""`Faces`: parallel arrays with one row per face."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edge.vision.faces import AGES, LEFT_EYE, NO_TRACK, RIGHT_EYE, Faces
from tests.edge.people import Person


def test_faces_of_an_empty_frame_are_empty_arrays_of_the_right_shapes() -> None:
    empty = Faces()
    assert len(empty) == 0
    assert empty.boxes.shape == (0, 4)
    assert empty.keypoints.shape == (0, 4, 2)
    assert empty.age_probs.shape == (0, AGES)
    assert empty.areas.shape == empty.eye_distances_px.shape == empty.usable.shape == (0,)


def test_arrays_that_no_stage_has_filled_in_hold_no_track_and_nan(detected: Callable[..., Faces]) -> None:
    faces = detected({"x": 0.3}, {"x": 0.7})
    assert faces.track_ids.tolist() == [NO_TRACK, NO_TRACK]
    assert np.isnan(faces.quality).all()
    assert faces.reasons == ((), ())
    assert np.isnan(faces.age_probs).all()
    assert faces.age_probs.shape == (2, AGES)


@pytest.mark.parametrize("name", ["keypoints", "scores", "track_ids", "quality", "reasons", "age_probs"])
def test_the_error_for_arrays_of_different_lengths_names_the_array(name: str, detected: Callable[..., Faces]) -> None:
    two = detected({"x": 0.3}, {"x": 0.7})
    with pytest.raises(ValueError, match=f"2 boxes but 1 rows of {name}"):
        two.with_(**{name: getattr(two, name)[:1]})


def test_a_mask_picks_the_same_rows_of_every_array(faces_of: Callable[..., Faces]) -> None:
    three = faces_of(Person(1, age=20), Person(2, age=40, reasons=("dark",)), Person(3, age=60))
    picked = three[np.array([False, True, True])]
    assert picked.track_ids.tolist() == [2, 3]
    assert picked.reasons == (("dark",), ())
    assert (picked.age_probs @ np.arange(AGES)).round().tolist() == [40, 60]
    assert picked.boxes.tolist() == three.boxes[1:].tolist()
    assert picked.keypoints.tolist() == three.keypoints[1:].tolist()
    assert picked.scores.tolist() == three.scores[1:].tolist()


def test_row_numbers_pick_faces_in_the_given_order(faces_of: Callable[..., Faces]) -> None:
    three = faces_of(Person(1), Person(2), Person(3))
    assert three[np.array([2, 0])].track_ids.tolist() == [3, 1]


def test_a_mask_of_false_values_picks_no_face(faces_of: Callable[..., Faces]) -> None:
    assert len(faces_of(Person())[np.array([False])]) == 0


def test_filling_in_an_array_does_not_change_the_original(detected: Callable[..., Faces]) -> None:
    before = detected({})
    after = before.with_(track_ids=np.array([7]))
    assert (before.track_ids[0], after.track_ids[0]) == (NO_TRACK, 7)
    assert after.boxes is before.boxes


def test_only_a_face_that_passed_the_gate_is_usable(faces_of: Callable[..., Faces]) -> None:
    faces = faces_of(Person(quality=0.01), Person(reasons=("blurred",)), Person(quality=float("nan")))
    assert faces.usable.tolist() == [True, False, False]


def test_areas_and_eye_distances_are_in_pixels(faces_of: Callable[..., Faces]) -> None:
    faces = faces_of(Person(eyes_px=10), Person(eyes_px=40))
    assert faces.areas.tolist() == [400, 6400]
    assert faces.eye_distances_px.tolist() == [10, 40]


def test_the_right_eye_is_on_the_left_of_the_picture(detected: Callable[..., Faces]) -> None:
    keypoints = detected({}).keypoints[0]
    assert keypoints[RIGHT_EYE, 0] < keypoints[LEFT_EYE, 0]


def test_results_for_some_faces_go_into_their_rows() -> None:
    faces = Faces(np.zeros((3, 4), np.float32), np.zeros((3, 4, 2), np.float32), np.ones(3, np.float32))
    rows = np.array([2, 0])
    probs = np.stack([np.eye(101)[20], np.eye(101)[60]]).astype(np.float32)
    part = faces[rows].with_(quality=np.array([0.5, 0], np.float32), reasons=((), ("dark",)), age_probs=probs)
    whole = faces.with_rows(rows, part)
    assert whole.quality.tolist() == [0, pytest.approx(np.nan, nan_ok=True), 0.5]
    assert whole.reasons == (("dark",), (), ())
    assert whole.age_probs[[2, 0]].argmax(axis=1).tolist() == [20, 60]
    assert np.isnan(whole.age_probs[1]).all()
    assert np.isnan(faces.quality).all(), "with_rows must return a copy"
