"""Every registered detector finds faces; the confirmation distinguishes faces from things that resemble them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from edge.settings.sections import DetectorName
from edge.vision.detectors import DETECTORS, FASTEST, FOR_STILLS, WEIGHTS, YUNET, FaceDetector, make_detector
from edge.vision.detectors.confirmation import FaceConfirmation
from edge.vision.detectors.yunet import YuNetDetector
from edge.vision.faces import LEFT_EYE, MOUTH, NOSE, RIGHT_EYE, Faces

EYES_NOSE_MOUTH = {RIGHT_EYE: (203, 105), LEFT_EYE: (247, 105), NOSE: (227, 130), MOUTH: (227, 150)}
"""Where these points are on the portrait, to within a few pixels."""


@pytest.fixture(scope="module")
def portrait() -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), np.uint8)


@pytest.fixture(scope="module", params=DETECTORS)
def detector(request: pytest.FixtureRequest) -> Iterator[FaceDetector]:
    detector = make_detector(request.param)
    yield detector
    detector.close()


def test_the_registry_has_the_detectors_that_the_settings_name() -> None:
    assert tuple(DETECTORS) == get_args(DetectorName)


def test_what_the_registry_refers_to_exists() -> None:
    assert {FASTEST, *FOR_STILLS} | {registered.blurs_with for registered in DETECTORS.values()} <= DETECTORS.keys()
    assert all((WEIGHTS / registered.weights).is_file() for registered in DETECTORS.values())


def test_it_finds_the_face_and_its_points(detector: FaceDetector, portrait: NDArray[np.uint8]) -> None:
    faces = detector.detect(portrait)
    assert len(faces) == 1
    x0, y0, x1, y1 = faces.boxes[0]
    assert x0 < 203 < 247 < x1
    assert y0 < 105 < 150 < y1
    for point, place in EYES_NOSE_MOUTH.items():
        assert np.abs(faces.keypoints[0, point] - place).max() < 12


def test_it_finds_the_same_face_in_an_enlarged_picture(detector: FaceDetector, portrait: NDArray[np.uint8]) -> None:
    large = np.asarray(cv2.resize(portrait, (1024, 1024)), np.uint8)
    assert np.abs(detector.detect(large).keypoints[0] / 2 - detector.detect(portrait).keypoints[0]).max() < 8


def test_places_are_in_the_pixels_of_a_large_picture_with_another_aspect_ratio(
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


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 2), (3, 3)])
def test_it_finds_nothing_on_a_frame_of_an_odd_shape(detector: FaceDetector, shape: tuple[int, int]) -> None:
    assert len(detector.detect(np.full((*shape, 3), 90, np.uint8))) == 0


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
def test_the_confirmation_scores_a_centred_or_shifted_face_as_opencv_does(
    face_px: int, right_px: int, portrait: NDArray[np.uint8]
) -> None:
    """The picture has the size of the region, so that the region is the picture."""
    scale = face_px / 90
    place = np.array([[scale, 0, 80 + right_px - scale * 225], [0, scale, 80 - scale * 115]])
    picture = np.asarray(cv2.warpAffine(portrait, place, (160, 160)), np.uint8)
    centre = Faces(np.array([[44, 44, 116, 116]], np.float32), np.zeros((1, 4, 2), np.float32), np.ones(1, np.float32))
    found = YuNetDetector(YUNET, min_score=0.3).detect(picture)
    centred = np.abs((found.boxes[:, :2] + found.boxes[:, 2:]) / 2 - 80).max(axis=1) < 36
    assert FaceConfirmation().confirm(picture, centre)[0] == pytest.approx(
        found.scores[centred].max(initial=0), abs=1e-4
    )
