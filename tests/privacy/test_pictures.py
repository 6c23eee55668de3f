"""The finder of pictures finds pictures that are there, and none that are not."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.privacy.pictures import Finder, Picture

AROUND = b'{"sale_id": "s-1"}' * 50


@pytest.fixture
def standing(shown: list[Picture]) -> Picture:
    """A frame with a person, half way through the clip."""
    return shown[len(shown) // 2]


def noisy(picture: Picture) -> Picture:
    """With the noise of the soak test's camera."""
    changed = picture.copy()
    changed[3::7] += np.uint8(3)
    return changed


@pytest.mark.parametrize("kind", [".jpg", ".png", ".webp", ".bmp", ".tiff", ".jp2", ".ppm"])
def test_a_picture_file_is_found_between_other_bytes(kind: str, finder: Finder, standing: Picture) -> None:
    assert finder.find(AROUND + cv2.imencode(kind, standing)[1].tobytes() + AROUND)


@pytest.mark.parametrize("kind", [".jpg", ".png", ".webp"])
def test_a_picture_in_base64_is_found(kind: str, finder: Finder, standing: Picture) -> None:
    assert finder.find(AROUND + base64.b64encode(cv2.imencode(kind, standing)[1].tobytes()) + AROUND)


@pytest.mark.parametrize(
    ("order", "name"),
    [
        (lambda picture: picture, "a face in BGR"),
        (lambda picture: picture[..., ::-1], "a face in RGB"),
        (lambda picture: cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), "a face in grey"),
        (lambda picture: picture.transpose(2, 0, 1), "the green of a face"),
    ],
)
def test_a_face_is_found_as_bare_pixels_and_in_base64(
    order: Callable[[Picture], Picture], name: str, finder: Finder, standing: Picture
) -> None:
    pixels = order(noisy(standing)).tobytes()
    assert name in finder.find(AROUND + pixels + AROUND)
    for place in range(3):
        assert f"{name}, in base64" in finder.find(AROUND + base64.b64encode(AROUND[:place] + pixels) + AROUND)


def test_every_frame_with_a_face_is_found(finder: Finder, shown: list[Picture]) -> None:
    assert finder.faces > len(shown) / 2
    assert all(
        "a face in BGR" in finder.find(noisy(one).tobytes()) for one in shown[len(shown) // 3 : len(shown) // 2 : 5]
    )


def test_the_file_with_the_picture_is_reported(finder: Finder, standing: Picture, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "lane.db").write_bytes(AROUND)
    (tmp_path / "state" / "lane.db-wal").write_bytes(AROUND + standing.tobytes())
    assert set(finder.find_in(tmp_path)) == {"state/lane.db-wal"}


def test_text_and_random_bytes_are_not_pictures(finder: Finder) -> None:
    assert finder.find(AROUND) == set()
    assert finder.find(bytes(1_000_000)) == set()
    assert finder.find(np.random.default_rng(0).bytes(1_000_000)) == set()
