"""Whether the eyes are covered: an estimate that shows who wears sunglasses."""

from __future__ import annotations

from contextlib import closing

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage import data

from edge.settings.sections import QualitySettings
from edge.vision.crop import CROP_PX, TEMPLATE, align
from edge.vision.eye_cover import COLOURS, colours_around_eyes, eye_cover
from edge.vision.stills import StillFaceFinder
from train.sunglasses import with_any_sunglasses, with_sunglasses

EYES = TEMPLATE[:2] * CROP_PX
LIMIT = QualitySettings().max_eye_cover


@pytest.fixture(scope="module")
def face() -> NDArray[np.uint8]:
    """The crop of NASA's portrait of Eileen Collins, RGB."""
    portrait = np.asarray(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), np.uint8)
    with closing(StillFaceFinder()) as finder:
        return align(portrait, finder.find(portrait).keypoints[0])


def test_nothing_covers_the_eyes_of_a_portrait(face: NDArray[np.uint8]) -> None:
    assert eye_cover(face) < LIMIT / 2


@pytest.mark.parametrize("shade", [5, 30, 60])
@pytest.mark.parametrize("size", [0.9, 1.0, 1.2])
def test_eyes_behind_sunglasses_are_beyond_the_limit(face: NDArray[np.uint8], shade: int, size: float) -> None:
    assert eye_cover(with_sunglasses(face, EYES, shade, size)) > LIMIT


def test_most_shapes_and_tints_of_sunglasses_are_beyond_the_limit(face: NDArray[np.uint8]) -> None:
    random = np.random.default_rng(1)
    worn = [eye_cover(with_any_sunglasses(face, EYES, 160, random)) for _ in range(60)]
    assert np.mean(np.array(worn) > LIMIT) > 0.8


@given(st.floats(0.4, 1.3))
@settings(max_examples=20)
def test_the_light_on_the_whole_face_matters_little(face: NDArray[np.uint8], light: float) -> None:
    lit = np.clip(face * light, 0, 255).astype(np.uint8)
    assert eye_cover(lit) < LIMIT
    assert eye_cover(with_sunglasses(lit, EYES, int(20 * light))) > LIMIT


@pytest.mark.parametrize("colourless", [False, True])
def test_a_mirrored_or_colourless_face_is_judged_alike(face: NDArray[np.uint8], colourless: bool) -> None:
    changed = np.repeat(face.mean(axis=2, keepdims=True), 3, axis=2) if colourless else face[:, ::-1]
    changed = np.ascontiguousarray(changed, np.uint8)
    assert eye_cover(changed) < LIMIT
    assert eye_cover(with_sunglasses(changed, EYES, 30)) > LIMIT


def test_a_scarf_over_the_mouth_covers_no_eyes(face: NDArray[np.uint8]) -> None:
    masked = face.copy()
    masked[int(0.66 * CROP_PX) :] = (70, 90, 120)
    assert eye_cover(masked) < LIMIT


def test_a_black_crop_is_measured_without_an_error() -> None:
    black = np.zeros((CROP_PX, CROP_PX, 3), np.uint8)
    assert colours_around_eyes(black).shape == (COLOURS,)
    assert np.isfinite(eye_cover(black))
