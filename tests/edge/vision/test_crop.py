"""The crop contract: every face is at the same place of the crop, with the same size, upright."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.vision.crop import CROP_PX, EYE_TO_MOUTH, TEMPLATE, align, align_all, similarity
from edge.vision.faces import LEFT_EYE, MOUTH, RIGHT_EYE

POINTS = [RIGHT_EYE, LEFT_EYE, MOUTH]
TEMPLATE_PX = TEMPLATE * CROP_PX - 0.5

turns = st.floats(-np.pi, np.pi)
scales = st.floats(0.05, 20)
shifts = st.tuples(st.floats(-500, 2500), st.floats(-500, 2500))


def at_template() -> NDArray[np.float32]:
    """Keypoints of a face that is aligned already; the nose may be anywhere."""
    right, left, mouth = TEMPLATE_PX
    return np.array([right, left, [111.5, 130], mouth], np.float32)


def moved(points: NDArray[np.float32], turn: float, scale: float, shift: tuple[float, float]) -> NDArray[np.float32]:
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(points @ rotation.T + shift, np.float32)


def soft_picture(width: int, height: int) -> NDArray[np.uint8]:
    """Colours that change slowly, so that half a pixel makes little difference."""
    y, x = np.mgrid[:height, :width] / 60
    channels = [np.sin(x), np.cos(y + x / 2), np.sin(x - y)]
    return np.asarray(np.dstack(channels) * 90 + 128, np.uint8)


@given(turns, scales, shifts)
def test_a_turned_scaled_or_shifted_face_is_mapped_onto_the_template(
    turn: float, scale: float, shift: tuple[float, float]
) -> None:
    keypoints = moved(at_template(), turn, scale, shift)
    transform = similarity(keypoints)
    found = keypoints[POINTS] @ transform[:, :2].T + transform[:, 2]
    np.testing.assert_allclose(found, TEMPLATE_PX, atol=0.05)


@given(turns, scales, shifts)
def test_the_transform_rotates_and_scales_but_never_stretches_or_mirrors(
    turn: float, scale: float, shift: tuple[float, float]
) -> None:
    transform = similarity(moved(at_template(), turn, scale, shift))
    assert transform[0, 0] == transform[1, 1]
    assert transform[0, 1] == -transform[1, 0]
    assert np.hypot(*transform[:, 0]) == pytest.approx(1 / scale, rel=1e-3)


def test_the_template_has_level_eyes_and_the_mouth_below_them_by_the_share_of_the_contract() -> None:
    right, left, mouth = TEMPLATE
    assert right[1] == left[1]
    assert mouth[1] - right[1] == pytest.approx(EYE_TO_MOUTH)
    assert mouth[0] == (right[0] + left[0]) / 2 == 0.5


def test_the_nose_does_not_move_the_crop() -> None:
    turned = at_template()
    turned[2] += (40, 10)
    assert (similarity(turned) == similarity(at_template())).all()


def test_aligning_an_aligned_crop_changes_only_the_order_of_colours() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (CROP_PX, CROP_PX, 3), np.uint8)
    assert (align(picture, at_template()) == picture[..., ::-1]).all()


@given(turns, st.floats(0.6, 1.6))
def test_a_turned_and_scaled_frame_gives_the_same_crop(turn: float, scale: float) -> None:
    frame = soft_picture(700, 700)
    face = moved(at_template(), 0, 1, (238, 238))
    middle = np.array([350, 350])
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = middle * 1.6 - rotation @ middle
    warped = cv2.warpAffine(frame, np.column_stack([rotation, shift]), (1120, 1120), flags=cv2.INTER_LINEAR)
    straight = align(frame, face).astype(int)
    again = align(np.asarray(warped, np.uint8), moved(face, turn, scale, tuple(shift))).astype(int)
    assert np.abs(straight - again).max() <= 6
    assert np.abs(straight - again).mean() < 1


@given(st.floats(2.05, 9), st.floats(-0.5, 0.5))
def test_shrinking_a_large_face_first_gives_the_same_crop_as_sampling_it(scale: float, turn: float) -> None:
    face = moved(at_template(), turn, scale, (0, 0))
    face += np.array([1300, 1300]) - face.mean(axis=0)
    frame = cv2.resize(soft_picture(325, 325), (2600, 2600), interpolation=cv2.INTER_CUBIC)
    sampled = cv2.warpAffine(frame, similarity(face), (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR)
    difference = np.abs(align(np.asarray(frame, np.uint8), face).astype(int) - sampled[..., ::-1])
    inside = align(np.full_like(frame, 255), face).min(axis=2) == 255
    assert inside.mean() > 0.9
    assert difference[inside].max() <= 8
    assert difference[inside].mean() < 1


def test_a_pattern_too_fine_for_the_crop_is_averaged_instead_of_aliased() -> None:
    stripes = np.zeros((2100, 2100, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = align(stripes, moved(at_template(), 0, 8.5, (80, 80)))
    assert np.abs(crop.astype(int) - 127.5).max() < 2


def test_parts_outside_the_frame_are_black() -> None:
    crop = align(np.full((CROP_PX, CROP_PX, 3), 200, np.uint8), at_template() - (CROP_PX / 2, 0))
    assert crop[:, :112].max() == 0
    assert (crop[:, 112:] == 200).all()


def test_a_large_face_entirely_outside_the_frame_gives_a_black_crop() -> None:
    frame = np.full((480, 640, 3), 200, np.uint8)
    assert align(frame, moved(at_template(), 0, 4, (5000, 5000))).max() == 0


def test_a_bgr_frame_becomes_an_rgb_crop() -> None:
    red = np.zeros((CROP_PX, CROP_PX, 3), np.uint8)
    red[..., 2] = 255
    assert align(red, at_template())[100, 100].tolist() == [255, 0, 0]


def test_align_all_gives_the_same_crops_as_align_in_one_buffer() -> None:
    frame = soft_picture(640, 480)
    faces = np.stack([moved(at_template(), 0.2, 0.5, (50, 40)), moved(at_template(), -0.4, 1.3, (300, 100))])
    crops = align_all(frame, faces)
    assert crops.shape == (2, CROP_PX, CROP_PX, 3)
    assert crops.dtype == np.uint8
    assert (crops == np.stack([align(frame, face) for face in faces])).all()
    assert align_all(frame, faces[:0]).shape == (0, CROP_PX, CROP_PX, 3)


def test_coinciding_keypoints_are_rejected() -> None:
    with pytest.raises(ValueError, match="coincide"):
        similarity(np.full((4, 2), 50, np.float32))
