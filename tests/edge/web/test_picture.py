"""The picture on the page: faces are blurred, and the rest is unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from skimage import data

from edge.frames import Frame
from edge.settings.config import Settings
from edge.vision.detectors import YUNET
from edge.vision.detectors.yunet import YuNetDetector
from edge.vision.faces import Faces
from edge.web.picture import Painter, blur
from edge.web.view import Snapshot

PORTRAIT = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
FACE = np.array([[170, 60, 280, 190]], np.float32)
"""The box of the face in the portrait."""


@pytest.fixture
def painter(make_settings: Callable[..., Settings]) -> Iterator[Painter]:
    painter = Painter(make_settings())
    yield painter
    painter.close()


def snapshot(pixels: ArrayLike, grab_s: float = 1.0, faces: Faces | None = None) -> Snapshot:
    return Snapshot(1, Frame(np.asarray(pixels, np.uint8), grab_s, 0, "lane-1"), faces or Faces(), {}, None, 18, 25)


def painted(painter: Painter, seen: Snapshot) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(painter.paint(seen), np.uint8), cv2.IMREAD_COLOR), np.uint8)


def faces_in(pixels: NDArray[np.uint8]) -> int:
    """The number of faces that a detector finds which did not take part in blurring."""
    detector = YuNetDetector(YUNET, 0.5)
    try:
        return len(detector.detect(pixels))
    finally:
        detector.close()


def detail(pixels: NDArray[np.uint8]) -> float:
    return float(cv2.Laplacian(pixels, cv2.CV_32F).var())


def test_an_untracked_face_is_blurred(painter: Painter) -> None:
    assert faces_in(PORTRAIT) == 1
    assert faces_in(painted(painter, snapshot(PORTRAIT))) == 0


def test_with_web_unblurred_the_face_is_not_blurred(make_settings: Callable[..., Settings]) -> None:
    painter = Painter(make_settings(web_unblurred=True))
    assert faces_in(painted(painter, snapshot(PORTRAIT))) == 1
    painter.close()


def test_half_a_face_at_the_edge_of_the_picture_is_blurred(painter: Painter) -> None:
    half = PORTRAIT[:, 225:]
    shown = painted(painter, snapshot(half))
    assert detail(shown[80:170, :50]) < detail(half[80:170, :50]) / 20


def test_a_tracked_face_is_blurred_even_if_no_detector_finds_it(painter: Painter) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    tracked = Faces(
        np.array([[300, 200, 360, 260]], np.float32), np.zeros((1, 4, 2), np.float32), np.ones(1, np.float32)
    )
    shown = painted(painter, snapshot(noise, faces=tracked))
    assert detail(shown[205:255, 305:355]) < detail(noise) / 100
    assert detail(shown[:150]) > detail(noise) / 4


def test_the_place_of_a_face_stays_blurred_for_a_second(painter: Painter) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    tracked = Faces(
        np.array([[300, 200, 360, 260]], np.float32), np.zeros((1, 4, 2), np.float32), np.ones(1, np.float32)
    )
    painter.paint(snapshot(noise, 1.0, tracked))
    place = np.s_[205:255, 305:355]
    assert detail(painted(painter, snapshot(noise, 1.9))[place]) < detail(noise) / 100
    assert detail(painted(painter, snapshot(noise, 2.1))[place]) > detail(noise) / 4


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_face_on_its_side_or_upside_down_is_blurred(painter: Painter, quarters: int) -> None:
    """As from a camera that is not set up yet, on a large picture."""
    large = np.asarray(cv2.resize(np.rot90(PORTRAIT, quarters), (960, 960)), np.uint8)
    shown = painted(painter, snapshot(large, 10.0 * quarters))
    left, top, right, bottom = (FACE[0] * 960 / 512).astype(int)
    high, wide = (bottom - top) // 6, (right - left) // 6
    brows_to_mouth = np.s_[top + high : bottom - high, left + wide : right - wide]
    before, after = (np.ascontiguousarray(np.rot90(pixels, -quarters)[brows_to_mouth]) for pixels in (large, shown))
    assert detail(after) < detail(before) / 5


def test_five_blocks_of_a_face_remain_and_the_rest_is_unchanged() -> None:
    shown = blur(PORTRAIT, FACE)
    assert detail(shown[70:180, 180:270]) < 5
    assert (shown[300:] == PORTRAIT[300:]).all()
    assert (shown[:, 350:] == PORTRAIT[:, 350:]).all()


@pytest.mark.parametrize(
    "box", [[-50, -50, 20, 20], [500, 500, 600, 600], [600, 0, 700, 50], [10, 10, 10, 10], [-9, -9, 999, 999]]
)
def test_boxes_may_reach_beyond_the_picture(box: list[float]) -> None:
    assert blur(PORTRAIT, np.array([box], np.float32)).shape == PORTRAIT.shape


def test_a_large_picture_is_made_smaller(painter: Painter) -> None:
    assert painted(painter, snapshot(np.zeros((1080, 1920, 3)))).shape == (540, 960, 3)


def test_every_face_of_the_recordings_is_blurred(painter: Painter, recordings: Path) -> None:
    """Wherever another detector finds a face, the detail from brows to mouth is gone."""
    detector, seen = YuNetDetector(YUNET, 0.7), 0
    for number, clip in enumerate(sorted(recordings.glob("*.mkv"))):
        capture = cv2.VideoCapture(str(clip))
        capture.set(cv2.CAP_PROP_POS_FRAMES, 20)
        pixels = np.asarray(capture.read()[1], np.uint8)
        capture.release()
        shown = painted(painter, snapshot(pixels, 10.0 * number))
        for left, top, right, bottom in detector.detect(pixels).boxes.clip(0).astype(int):
            seen += 1
            high, wide = (bottom - top) // 6, (right - left) // 6
            place = np.s_[top + high : bottom - high, left + wide : right - wide]
            assert detail(shown[place]) < detail(pixels[place]) / 5, f"{clip.name}: {left}, {top}"
    detector.close()
    assert seen >= 8
