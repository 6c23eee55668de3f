"""Both detectors give the same kind of answer, and the second look tells faces from what only resembles one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from edge.settings.sections import DetectorName
from edge.vision.detectors import YUNET, FaceDetector, make_detector
from edge.vision.detectors.confirmation import FaceConfirmation
from edge.vision.detectors.yunet import YuNetDetector
from edge.vision.faces import LEFT_EYE, MOUTH, NOSE, RIGHT_EYE, Faces

EYES_NOSE_MOUTH = {RIGHT_EYE: (203, 105), LEFT_EYE: (247, 105), NOSE: (227, 130), MOUTH: (227, 150)}
"""Where they are on the portrait, to within a few pixels."""


@pytest.fixture(scope="module")
def portrait() -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), np.uint8)


@pytest.fixture(scope="module", params=get_args(DetectorName))
def detector(request: pytest.FixtureRequest) -> Iterator[FaceDetector]:
    detector = make_detector(request.param)
    yield detector
    detector.close()


def test_it_finds_the_face_and_its_points(detector: FaceDetector, portrait: NDArray[np.uint8]) -> None:
    faces = detector.detect(portrait)
    assert len(faces) == 1
    x0, y0, x1, y1 = faces.boxes[0]
    assert x0 < 203 < 247 < x1
    assert y0 < 105 < 150 < y1
    for point, place in EYES_NOSE_MOUTH.items():
        assert np.abs(faces.keypoints[0, point] - place).max() < 12


def test_it_works_at_other_sizes(detector: FaceDetector, portrait: NDArray[np.uint8]) -> None:
    large = np.asarray(cv2.resize(portrait, (1024, 1024)), np.uint8)
    assert np.abs(detector.detect(large).keypoints[0] / 2 - detector.detect(portrait).keypoints[0]).max() < 8


def test_a_large_picture_of_another_shape_gives_places_in_its_own_pixels(
    detector: FaceDetector, portrait: NDArray[np.uint8]
) -> None:
    wide = cv2.resize(portrait, (2048, 2048))[:1080, :1920]
    faces = detector.detect(wide)
    assert len(faces) == 1
    for point, (x, y) in EYES_NOSE_MOUTH.items():
        assert np.abs(faces.keypoints[0, point] - (4 * x, 4 * y)).max() < 32
    x0, y0, x1, y1 = faces.boxes[0]
    assert x0 < 4 * 203 < 4 * 247 < x1
    assert y0 < 4 * 105 < 4 * 150 < y1


def test_it_finds_nothing_on_a_blank_frame(detector: FaceDetector) -> None:
    faces = detector.detect(np.full((480, 640, 3), 128, np.uint8))
    assert len(faces) == 0
    assert faces.keypoints.shape == (0, 4, 2)


def test_the_confirmation_confirms_a_face(portrait: NDArray[np.uint8]) -> None:
    detector = make_detector("mediapipe-full")
    faces = detector.detect(portrait)
    detector.close()
    assert FaceConfirmation().confirm(portrait, faces)[0] > 0.85


def test_the_confirmation_does_not_confirm_a_shoulder(portrait: NDArray[np.uint8]) -> None:
    shoulder = Faces(
        np.array([[60, 250, 160, 350]], np.float32), np.zeros((1, 4, 2), np.float32), np.ones(1, np.float32)
    )
    assert FaceConfirmation().confirm(portrait, shoulder)[0] < 0.5


@pytest.mark.parametrize("face_px", [40, 72, 110])
@pytest.mark.parametrize("right_px", [-90, -60, -30, 0, 30, 60, 90])
def test_the_confirmation_sees_what_opencv_sees_of_a_face_there_or_beside(
    face_px: int, right_px: int, portrait: NDArray[np.uint8]
) -> None:
    """On a picture of the size of its region, which is then looked at as it is."""
    scale = face_px / 90
    place = np.array([[scale, 0, 80 + right_px - scale * 225], [0, scale, 80 - scale * 115]])
    picture = np.asarray(cv2.warpAffine(portrait, place, (160, 160)), np.uint8)
    middle = Faces(np.array([[44, 44, 116, 116]], np.float32), np.zeros((1, 4, 2), np.float32), np.ones(1, np.float32))
    seen = YuNetDetector(YUNET, min_score=0.3).detect(picture)
    there = np.abs((seen.boxes[:, :2] + seen.boxes[:, 2:]) / 2 - 80).max(axis=1) < 36
    assert FaceConfirmation().confirm(picture, middle)[0] == pytest.approx(seen.scores[there].max(initial=0), abs=1e-4)
