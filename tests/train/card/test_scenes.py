"""Photos as other cameras take them, and what the model predicts on them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.vision.faces import LEFT_EYE, MOUTH, RIGHT_EYE
from edge.vision.photos import read_photo
from tests.edge.people import LIMIT
from train.card.appendix import SCENES_TITLE, scenes_section
from train.card.facts import Scenes
from train.card.scene_errors import scenes
from train.card.scenes import SCENES, fish_eye, grey, infrared, low_light, sunglasses, wide_angle
from train.card.write import with_section
from train.pictures import Pictures


def thirty(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A model that predicts 30 for everybody."""
    return np.eye(101, dtype=np.float32)[np.full(len(crops), 30)]


@pytest.fixture(scope="module")
def measured(faces: Pictures) -> Scenes:
    return scenes(thirty, 1.0, faces, len(faces), LIMIT)


def eyes_to_mouth(keypoints: NDArray[np.float32]) -> float:
    """The distance between the eyes, as a share of that to the mouth."""
    eyes = keypoints[[RIGHT_EYE, LEFT_EYE]]
    return float(np.linalg.norm(eyes[1] - eyes[0]) / np.linalg.norm(keypoints[MOUTH] - eyes.mean(axis=0)))


@pytest.mark.parametrize("degrees", [30, 60])
def test_a_face_aside_is_squeezed_by_a_fish_eye_and_stretched_by_a_wide_lens(degrees: float, faces: Pictures) -> None:
    picture, keypoints = read_photo(faces.paths[0]), faces.keypoints[0]
    random, angle = np.random.default_rng(0), np.radians(degrees)
    _, squeezed = fish_eye(degrees)(picture, keypoints, random)
    _, stretched = wide_angle(degrees)(picture, keypoints, random)
    plain = eyes_to_mouth(keypoints)
    assert eyes_to_mouth(squeezed) / plain == pytest.approx(np.sin(angle) / angle, rel=0.06)
    assert eyes_to_mouth(stretched) / plain == pytest.approx(1 / np.cos(angle), rel=0.1)


def test_a_face_in_the_middle_of_a_lens_is_unchanged(faces: Pictures) -> None:
    picture, keypoints = read_photo(faces.paths[0]), faces.keypoints[0]
    bent, points = fish_eye(0)(picture, keypoints, np.random.default_rng(0))
    assert np.abs(points - keypoints).max() < 1.5
    x, y = keypoints.mean(axis=0).astype(int)
    face = slice(y - 30, y + 30), slice(x - 30, x + 30)
    assert np.abs(bent[face].astype(float) - picture[face]).mean() < 2


@pytest.mark.parametrize("scene", [grey, infrared])
def test_grey_pictures_have_no_colour(scene: object, faces: Pictures) -> None:
    assert callable(scene)
    picture, _ = scene(read_photo(faces.paths[0]), faces.keypoints[0], np.random.default_rng(0))
    assert (picture == picture[..., :1]).all()


def test_sunglasses_cover_the_eyes_and_nothing_else(faces: Pictures) -> None:
    picture, keypoints = read_photo(faces.paths[0]), faces.keypoints[0]
    worn, points = sunglasses(picture, keypoints, np.random.default_rng(0))
    assert (points == keypoints).all()
    for eye in (RIGHT_EYE, LEFT_EYE):
        x, y = keypoints[eye].round().astype(int)
        assert (worn[y - 1 : y + 2, x - 1 : x + 2] == 30).all()
    changed = (worn != picture).any(axis=2)
    x, y = keypoints[MOUTH].round().astype(int)
    assert not changed[y - 2 :].any()
    assert changed.mean() < 0.1


def test_low_light_adds_noise_and_keeps_the_brightness(faces: Pictures) -> None:
    picture = read_photo(faces.paths[0])
    noisy, _ = low_light(0.12, picture, faces.keypoints[0], np.random.default_rng(0))
    difference = noisy.astype(float) - picture
    assert abs(difference.mean()) < 6
    assert difference.std() > 3


@pytest.mark.slow
def test_every_scene_is_compared_with_the_same_photos_unchanged(measured: Scenes, faces: Pictures) -> None:
    assert [each.scene for each in measured.errors] == list(SCENES)
    by_name = {each.scene: each for each in measured.errors}
    plain, thin, broad = (
        by_name[name] for name in ("as they are", "squeezed to 75 % of the width", "squeezed to 75 % of the height")
    )
    assert plain.error == plain.plain
    assert plain.rejected.hits == 0
    assert thin.breadth < plain.breadth < broad.breadth
    assert thin.distorted.share > plain.distorted.share
    for each in measured.errors:
        # This model predicts the same for every picture.
        assert each.error == each.plain
        assert each.passed_13_17_not_distorted.hits <= each.passed_13_17.hits
        assert each.distorted.trials <= len(faces)
    assert [evidence.upper for evidence in measured.gate] == [False, True]


@pytest.mark.slow
def test_the_section_has_a_row_for_every_scene_and_replaces_an_older_one(measured: Scenes) -> None:
    section = scenes_section(measured)
    for name in SCENES:
        assert f"\n| {name} | " in section
    card = with_section(f"# Age model\n\n{SCENES_TITLE}\n\nold\n\n## More\n\nmore\n", SCENES_TITLE, section)
    assert card == f"# Age model\n\n## More\n\nmore\n\n{section}\n"
    assert with_section(card, SCENES_TITLE, section) == card
