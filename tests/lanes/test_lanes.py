"""The made-up lanes: customers that the detector finds, and ways to fuse that agree where there is nothing to fuse."""

from __future__ import annotations

from contextlib import closing

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import astronaut

from edge.vision.stills import StillFaceFinder
from tests.edge.people import age_probs_at
from tests.lanes.customers import HEIGHT, WIDTH, frames
from tests.lanes.fusions import FUSIONS, Fusion
from tests.lanes.sampling import Customer
from tests.lanes.tables import fused

QUALITY = np.array([0.2, 0.9, 0.5], np.float32)


@pytest.mark.parametrize("fusion", FUSIONS.values(), ids=FUSIONS)
@given(st.floats(10, 60))
def test_equal_samples_are_fused_into_themselves(fusion: Fusion, mean: float) -> None:
    probs = np.tile(age_probs_at(mean, spread=4), (3, 1)).astype(np.float32)
    assert fusion(probs, QUALITY, 18) == pytest.approx(float(probs[0, :18].sum()), abs=1e-5)


@given(st.lists(st.floats(10, 60), min_size=3, max_size=3))
def test_only_a_product_can_be_more_cautious_than_the_youngest_sample(means: list[float]) -> None:
    probs = np.stack([age_probs_at(mean, spread=4) for mean in means]).astype(np.float32)
    highest = FUSIONS["highest"](probs, QUALITY, 18)
    others = {name: fusion for name, fusion in FUSIONS.items() if name != "logarithmic pool"}
    assert all(fusion(probs, QUALITY, 18) <= highest + 1e-5 for fusion in others.values())


def test_a_customer_with_too_few_samples_is_asked() -> None:
    probs = age_probs_at(60, spread=4)[None].astype(np.float32)
    customer = Customer(np.array([60, 60], np.float32), "faces", probs, np.ones(1, np.float32))
    assert [fused([customer], fusion, 18).tolist() for fusion in FUSIONS.values()] == [[1.0]] * len(FUSIONS)


@pytest.mark.slow
def test_the_face_of_a_drawn_customer_is_found_in_every_frame_and_moves() -> None:
    photo = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2BGR)[:300, 80:380]
    with closing(StillFaceFinder()) as finder:
        keypoints = finder.find(photo).keypoints[0]
        drawn = [*frames(photo, keypoints, 8, np.random.default_rng(3))]
        found = [finder.find(pixels) for pixels in drawn]
    assert {pixels.shape for pixels in drawn} == {(HEIGHT, WIDTH, 3)}
    assert all(len(faces) for faces in found)
    places = np.array([faces.keypoints[0].mean(axis=0) for faces in found])
    assert np.ptp(places, axis=0).max() > 3
