"""Drawing sunglasses on faces."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.crop import CROP_PX, TEMPLATE
from train.sunglasses import with_any_sunglasses, with_sunglasses

EYES, SKIN = TEMPLATE[:2] * CROP_PX, 170


@pytest.fixture
def face() -> np.ndarray:
    return np.full((CROP_PX, CROP_PX, 3), SKIN, np.uint8)


def test_the_lenses_have_their_shade_and_the_rest_stays(face: np.ndarray) -> None:
    worn = with_sunglasses(face, EYES, 30)
    for x, y in EYES.round().astype(int):
        assert (worn[y - 5 : y + 6, x - 10 : x + 11] == 30).all()
    assert (worn[: int(EYES[0, 1]) - 30] == SKIN).all()
    assert (face == SKIN).all(), "the picture itself is unchanged"


def test_a_tilted_head_wears_them_tilted(face: np.ndarray) -> None:
    eyes = np.array([[80.0, 80.0], [140.0, 140.0]])
    worn = with_sunglasses(face, eyes, 30)
    dark = np.argwhere((worn == 30).all(axis=2))
    assert np.corrcoef(dark.T)[0, 1] > 0.5


def test_sunglasses_of_any_kind_darken_both_eyes_and_spare_the_mouth(face: np.ndarray) -> None:
    random = np.random.default_rng(0)
    looks = set()
    for _ in range(50):
        worn = with_any_sunglasses(face, EYES, SKIN, random)
        for x, y in EYES.round().astype(int):
            assert worn[y - 6 : y + 7, x - 8 : x + 9].mean() < SKIN
        assert (worn[round(TEMPLATE[2][1] * CROP_PX) - 10 :] == SKIN).all()
        looks.add(worn.tobytes())
    assert len(looks) == 50


def test_the_same_random_numbers_draw_the_same_sunglasses(face: np.ndarray) -> None:
    drawn = [with_any_sunglasses(face, EYES, SKIN, np.random.default_rng(3)) for _ in range(2)]
    assert (drawn[0] == drawn[1]).all()
