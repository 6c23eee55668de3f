"""The quality gate: which faces are rejected, why, and how the others are ranked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.settings.sections import QualitySettings
from edge.vision.crop import CROP_PX, align_all
from edge.vision.faces import NOSE, Faces
from edge.vision.quality import REASONS, Measures, all_distorted, gate, judge, measure
from tests.edge.people import Person

GOOD = Measures(eye_distance_px=60, turn=0.0, brightness=120, sharpness=500, breadth=1.0, eye_cover=0.1)
LIMITS = QualitySettings(
    min_eye_distance_px=16, max_turn=0.5, min_brightness=35, max_brightness=225, min_sharpness=15, min_breadth=0.8,
    max_breadth=1.25, max_eye_cover=0.6, min_confirmation=0.75,
)  # fmt: skip

measures = st.builds(
    Measures,
    eye_distance_px=st.floats(0, 300),
    turn=st.floats(0, 2),
    brightness=st.floats(0, 255),
    sharpness=st.floats(0, 5000),
    breadth=st.floats(0.2, 5),
    eye_cover=st.floats(-2, 3),
)


def checkerboard(side_px: int, cell_px: int = 4) -> NDArray[np.uint8]:
    """A grey checkerboard with sharp edges."""
    y, x = np.mgrid[:side_px, :side_px] // cell_px
    return np.repeat((90 + (x + y) % 2 * 60)[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("worse", "confirmation", "reason"),
    [
        ({"eye_distance_px": 15.9}, 1.0, "small"),
        ({"turn": 0.51}, 1.0, "turned"),
        ({"brightness": 34.9}, 1.0, "dark"),
        ({"brightness": 225.1}, 1.0, "bright"),
        ({"sharpness": 14.9}, 1.0, "blurred"),
        ({"breadth": 0.79}, 1.0, "distorted"),
        ({"breadth": 1.26}, 1.0, "distorted"),
        ({"breadth": float("nan")}, 1.0, "distorted"),
        ({"eye_cover": 0.61}, 1.0, "eyes-covered"),
        ({"eye_cover": float("nan")}, 1.0, "eyes-covered"),
        ({}, 0.74, "unconfirmed"),
    ],
)
def test_a_face_just_past_one_limit_is_rejected_for_that_reason(
    worse: dict[str, float], confirmation: float, reason: str
) -> None:
    assert judge(replace(GOOD, **worse), confirmation, LIMITS) == (0.0, (reason,))


def test_a_face_exactly_at_every_limit_passes() -> None:
    for brightness, breadth in ((35, 0.8), (225, 1.25)):
        quality, reasons = judge(Measures(16, 0.5, brightness, 15, breadth, 0.6), 0.75, LIMITS)
        assert reasons == ()
        assert quality > 0


def test_a_large_sharp_frontal_face_has_quality_one() -> None:
    assert judge(GOOD, 1.0, LIMITS) == (pytest.approx(1.0), ())


def test_a_rejection_lists_all_reasons() -> None:
    reasons = ("small", "turned", "dark", "blurred", "distorted", "eyes-covered", "unconfirmed")
    assert judge(Measures(5, 0.9, 10, 1, 0.5, 1.0), 0.0, LIMITS)[1] == reasons


@given(measures, st.floats(0, 1))
def test_quality_is_zero_exactly_when_there_is_a_reason(measured: Measures, confirmation: float) -> None:
    quality, reasons = judge(measured, confirmation, LIMITS)
    assert 0 <= quality <= 1
    assert (quality == 0) == bool(reasons)
    assert set(reasons) <= set(REASONS)


@given(measures, st.floats(0, 0.2))
def test_turning_further_away_never_raises_the_quality(measured: Measures, further: float) -> None:
    turned = replace(measured, turn=measured.turn + further)
    assert judge(turned, 1.0, LIMITS)[0] <= judge(measured, 1.0, LIMITS)[0]


def test_a_frontal_face_is_measured_in_the_frames_own_pixels(detected: Callable[..., Faces]) -> None:
    crop = np.full((CROP_PX, CROP_PX, 3), 100, np.uint8)
    measured = measure(crop, detected({"eyes_px": 40}).keypoints[0])
    assert (measured.eye_distance_px, measured.turn) == (pytest.approx(40), pytest.approx(0))
    assert (measured.brightness, measured.sharpness) == (100, 0)


@pytest.mark.parametrize("side", [-1, 1])
def test_a_nose_shifted_by_half_the_eye_to_mouth_distance_is_a_turn_of_a_half(
    side: int, detected: Callable[..., Faces]
) -> None:
    keypoints = detected({"eyes_px": 40}).keypoints[0]
    keypoints[NOSE, 0] += side * 0.5 * 1.1 * 40
    assert measure(checkerboard(CROP_PX), keypoints).turn == pytest.approx(0.5, abs=1e-4)


def test_tilting_the_head_to_the_shoulder_is_not_a_turn(detected: Callable[..., Faces]) -> None:
    tilt = np.array([[0.6, -0.8], [0.8, 0.6]], np.float32)
    keypoints = detected({"eyes_px": 40}).keypoints[0] @ tilt.T
    assert measure(checkerboard(CROP_PX), keypoints).turn == pytest.approx(0, abs=1e-4)


def test_blurring_a_face_lowers_its_sharpness_more_than_tenfold(detected: Callable[..., Faces]) -> None:
    keypoints = detected({"eyes_px": 60}).keypoints[0]
    sharp = checkerboard(CROP_PX)
    blurred = np.asarray(cv2.GaussianBlur(sharp, (0, 0), 4), np.uint8)
    assert measure(sharp, keypoints).sharpness > 10 * measure(blurred, keypoints).sharpness


def test_a_small_sharp_face_does_not_count_as_blurred(detected: Callable[..., Faces]) -> None:
    keypoints = detected({"eyes_px": 16}).keypoints
    crop = align_all(np.tile(checkerboard(160), (3, 4, 1))[:480, :640], keypoints)[0]
    assert measure(crop, keypoints[0]).sharpness > LIMITS.min_sharpness


def test_a_mouth_between_the_eyes_is_measured_without_an_error(detected: Callable[..., Faces]) -> None:
    keypoints = detected({"eyes_px": 40}).keypoints[0]
    keypoints[3] = keypoints[:2].mean(axis=0)
    measured = measure(checkerboard(CROP_PX), keypoints)
    assert judge(measured, 1.0, LIMITS)[0] == 0


def test_the_gate_fills_in_quality_and_reasons_face_by_face(detected: Callable[..., Faces]) -> None:
    faces = detected({"eyes_px": 60, "x": 0.3}, {"eyes_px": 8, "x": 0.7}, {"eyes_px": 60, "x": 0.5})
    crops = np.stack([checkerboard(CROP_PX)] * 3)
    any_shape = LIMITS.model_copy(update={"min_breadth": 0.1, "max_breadth": 10, "max_eye_cover": 9})
    judged = gate(faces, crops, np.array([1.0, 1.0, 0.1], np.float32), any_shape)
    assert judged.usable.tolist() == [True, False, False]
    assert judged.reasons[0] == ()
    assert "small" in judged.reasons[1]
    assert judged.reasons[2] == ("unconfirmed",)
    assert np.isfinite(judged.breadths).all()


def test_in_a_distorted_picture_every_judged_face_is_rejected(faces_of: Callable[..., Faces]) -> None:
    faces = faces_of(Person(1), Person(2, reasons=("dark",)), Person(3, quality=float("nan")))
    rejected = all_distorted(faces)
    assert rejected.reasons == (("distorted",), ("dark", "distorted"), ())
    assert rejected.quality[:2].tolist() == [0, 0]
    assert np.isnan(rejected.quality[2]), "a face that was not sampled stays one"


def test_the_gate_accepts_an_empty_frame() -> None:
    judged = gate(Faces(), np.empty((0, CROP_PX, CROP_PX, 3), np.uint8), np.empty(0, np.float32), LIMITS)
    assert len(judged) == 0
