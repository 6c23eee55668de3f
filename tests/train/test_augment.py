"""Augmentation of training photos."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.vision.crop import CROP_PX, TEMPLATE, align
from edge.vision.faces import LEFT_EYE, MOUTH, RIGHT_EYE
from train.augment import CHANGES, augmented_view, jitter
from train.pictures import Pictures

LANE = CHANGES["lane"]


@pytest.fixture
def picture(faces: Pictures) -> np.ndarray:
    return cv2.imread(str(faces.paths[0]))


@pytest.fixture
def keypoints(faces: Pictures) -> np.ndarray:
    return faces.keypoints[0]


def test_every_augmented_crop_is_a_crop_of_the_contract(picture: np.ndarray, keypoints: np.ndarray) -> None:
    random = np.random.default_rng(0)
    for _ in range(150):
        crop = augmented_view(picture, keypoints, random, LANE)
        assert (crop.dtype, crop.shape) == (np.uint8, (224, 224, 3))


def test_the_same_generator_gives_the_same_crops(picture: np.ndarray, keypoints: np.ndarray) -> None:
    first, second = np.random.default_rng(5), np.random.default_rng(5)
    for _ in range(40):
        mine, theirs = (augmented_view(picture, keypoints, random, LANE) for random in (first, second))
        assert np.array_equal(mine, theirs)


def test_every_crop_of_one_generator_is_different(picture: np.ndarray, keypoints: np.ndarray) -> None:
    random = np.random.default_rng(0)
    crops = {augmented_view(picture, keypoints, random, LANE).tobytes() for _ in range(20)}
    assert len(crops) == 20


def test_neither_the_photo_nor_its_keypoints_are_changed(picture: np.ndarray, keypoints: np.ndarray) -> None:
    before = picture.copy(), keypoints.copy()
    random = np.random.default_rng(0)
    for _ in range(40):
        augmented_view(picture, keypoints, random, LANE)
    assert np.array_equal(picture, before[0])
    assert np.array_equal(keypoints, before[1])


def test_about_half_of_the_crops_are_mirrored(keypoints: np.ndarray) -> None:
    bright_left = np.zeros((300, 300, 3), np.uint8)
    bright_left[:, : int(keypoints[:, 0].mean())] = 200
    random = np.random.default_rng(0)
    views = [augmented_view(bright_left, keypoints, random, LANE) for _ in range(200)]
    assert 75 <= sum(bool(view[:, :112].mean() < view[:, 112:].mean()) for view in views) <= 125


def test_the_face_stays_recognisable_on_average(picture: np.ndarray, keypoints: np.ndarray) -> None:
    random = np.random.default_rng(0)
    mean = np.mean([augmented_view(picture, keypoints, random, LANE) for _ in range(100)], axis=0)
    plain = align(picture, keypoints).astype(float)
    both = (plain + plain[:, ::-1]) / 2
    assert np.corrcoef(mean.ravel(), both.ravel())[0, 1] > 0.7


def test_jitter_keeps_the_shape_and_moves_every_point(keypoints: np.ndarray) -> None:
    moved = jitter(keypoints, np.random.default_rng(0))
    assert (moved.dtype, moved.shape) == (np.float32, (4, 2))
    assert (np.abs(moved - keypoints).max(axis=1) > 0.01).all()


def test_jitter_turns_by_6_degrees_and_widens_one_crop_in_four(keypoints: np.ndarray) -> None:
    random = np.random.default_rng(0)
    moved = np.stack([jitter(keypoints, random) for _ in range(3000)]).astype(float)
    across = (moved[:, LEFT_EYE] - moved[:, RIGHT_EYE]) @ [1, 1j]
    change = across / ((keypoints[LEFT_EYE] - keypoints[RIGHT_EYE]).astype(float) @ [1, 1j])
    # The noise of each eye adds about 1.8 degrees and 3 % (added as squares).
    assert np.degrees(np.angle(change)).std() == pytest.approx(6.3, abs=0.4)
    # Narrower crops come only from the 10 % deviation: 16 % of three in four are a standard deviation below.
    assert (np.abs(change) < np.exp(-0.105)).mean() == pytest.approx(0.13, abs=0.02)
    # Of the one in four widened crops, two in five are more than 30 % wider; without these it would be 1 in 200.
    assert (np.abs(change) > 1.3).mean() == pytest.approx(0.1, abs=0.03)


def test_jitter_does_not_move_the_middle_of_the_face_on_average(keypoints: np.ndarray) -> None:
    random = np.random.default_rng(0)
    points = [RIGHT_EYE, LEFT_EYE, MOUTH]
    middles = [jitter(keypoints, random)[points].mean(axis=0) for _ in range(3000)]
    assert np.abs(np.mean(middles, axis=0) - keypoints[points].mean(axis=0)).max() < 0.5


def test_at_strength_0_a_crop_is_the_plain_crop_or_its_mirror_image(picture: np.ndarray, keypoints: np.ndarray) -> None:
    plain, random = align(picture, keypoints), np.random.default_rng(0)
    for _ in range(40):
        crop = augmented_view(picture, keypoints, random, LANE, 0)
        assert np.array_equal(crop, plain) or np.array_equal(crop, plain[:, ::-1])


def test_half_the_strength_moves_the_keypoints_half_as_far(keypoints: np.ndarray) -> None:
    def turn(strength: float) -> float:
        random = np.random.default_rng(0)
        moved = np.stack([jitter(keypoints, random, strength) for _ in range(2000)]).astype(float)
        across = (moved[:, LEFT_EYE] - moved[:, RIGHT_EYE]) @ [1, 1j]
        return float(np.angle(across).std())

    assert turn(0.5) == pytest.approx(turn(1) / 2, rel=0.05)


def test_sunglasses_are_where_the_eyes_are(picture: np.ndarray, keypoints: np.ndarray) -> None:
    plain = align(picture, keypoints)
    _, sunglasses = CHANGES["lane"][0]
    changed = (sunglasses(plain, np.random.default_rng(0)) != plain).any(axis=2)
    for x, y in (TEMPLATE[:2] * CROP_PX).round().astype(int):
        assert changed[y - 4 : y + 4, x - 10 : x + 10].all()
    assert not changed[round(TEMPLATE[2][1] * CROP_PX) - 20 :].any()
    assert 0.04 < changed.mean() < 0.16
