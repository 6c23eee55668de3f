"""How broad a face is: an estimate that shows whether its picture is squeezed or stretched."""

from __future__ import annotations

from contextlib import closing

import cv2
import numpy as np
import pytest
from skimage import data

from edge.vision.crop import align
from edge.vision.proportions import EDGES, breadth, edge_directions
from edge.vision.stills import StillFaceFinder
from train.card.impairments import Picture, scaled_apart


@pytest.fixture(scope="module")
def portrait() -> Picture:
    """NASA's portrait of Eileen Collins, BGR."""
    return np.asarray(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), np.uint8)


def breadth_of(picture: Picture) -> float:
    """The mean breadth of the largest face, found anew on the picture in five sizes and on their mirror images, as a
    lane sees a person several times: one estimate is 10 % off."""
    found = []
    with closing(StillFaceFinder()) as finder:
        for scale in (0.45, 0.55, 0.7, 0.85, 1.0):
            for each in (picture, picture[:, ::-1]):
                small = np.asarray(cv2.resize(each, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
                found.append(breadth(align(small, finder.find(small).keypoints[0])))
    return float(np.exp(np.log(found).mean()))


def squeezed(picture: Picture, across: float, down: float) -> Picture:
    return scaled_apart(picture, np.zeros((4, 2), np.float32), across, down)[0]


def test_a_natural_face_has_a_breadth_of_about_one(portrait: Picture) -> None:
    assert breadth_of(portrait) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(("across", "down"), [(0.9, 1.0), (0.825, 1.0), (0.75, 1.0), (1.0, 0.89), (1.0, 0.75)])
def test_the_breadth_follows_the_picture_though_the_face_is_found_anew(
    across: float, down: float, portrait: Picture
) -> None:
    changed = breadth_of(squeezed(portrait, across, down)) / breadth_of(portrait)
    assert changed == pytest.approx(across / down, abs=0.1)


def test_a_picture_that_was_squeezed_and_set_right_again_is_natural(portrait: Picture) -> None:
    restored = cv2.resize(squeezed(portrait, 0.75, 1.0), portrait.shape[1::-1])
    assert breadth_of(np.asarray(restored, np.uint8)) == pytest.approx(breadth_of(portrait), rel=0.06)


def test_a_tilted_head_is_as_broad_as_an_upright_one(portrait: Picture) -> None:
    height, width = portrait.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 20, 1)
    tilted = np.asarray(cv2.warpAffine(portrait, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    assert breadth_of(tilted) == pytest.approx(breadth_of(portrait), rel=0.12)


def test_light_and_colour_do_not_matter(portrait: Picture) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    dim = np.asarray(grey * 0.5, np.uint8)
    assert breadth_of(dim) == pytest.approx(breadth_of(portrait), rel=0.1)


def test_a_face_without_edges_is_measured_too() -> None:
    blank = np.full((224, 224, 3), 90, np.uint8)
    assert edge_directions(blank).shape == (EDGES,)
    assert np.isfinite(breadth(blank))
