"""Faces in still pictures of any size."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from edge.vision.stills import StillFaceFinder

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def finder() -> Iterator[StillFaceFinder]:
    finder = StillFaceFinder()
    yield finder
    finder.close()


@pytest.fixture(scope="module")
def portrait() -> Picture:
    return np.asarray(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), np.uint8)


@pytest.mark.parametrize("size", [0.5, 1, 2, 6, 12])
def test_a_face_is_found_at_its_place_in_a_picture_of_any_size(
    size: float, portrait: Picture, finder: StillFaceFinder
) -> None:
    plain = finder.find(portrait)
    large = finder.find(np.asarray(cv2.resize(portrait, None, fx=size, fy=size), np.uint8))
    assert len(large) == len(plain) == 1
    face_px = float(plain.boxes[0, 2] - plain.boxes[0, 0])
    assert np.abs(large.boxes / size - plain.boxes).max() < 0.1 * face_px
    assert np.abs(large.keypoints / size - plain.keypoints).max() < 0.1 * face_px


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (1, 5000), (5000, 2), (3, 3), (1, 100_000)])
def test_pictures_of_odd_shapes_have_no_face(shape: tuple[int, int], finder: StillFaceFinder) -> None:
    assert len(finder.find(np.full((*shape, 3), 90, np.uint8))) == 0


def test_the_margin_of_a_panorama_takes_little_memory(finder: StillFaceFinder) -> None:
    finder.find(np.full((100, 100, 3), 90, np.uint8))
    panorama = np.full((1500, 30_000, 3), 90, np.uint8)
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    finder.find(panorama)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 200_000
