"""The evidence for the quality gate's limits: the error on degraded photos."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.settings.sections import QualitySettings
from edge.vision.photos import read_photo
from train.card.gate import PhotoGate, gate_evidence, passes_gate
from train.card.impairments import (
    Keypoints,
    Picture,
    behind_sunglasses,
    blurred,
    brighter,
    broader,
    covered,
    darker,
    eye_distance_px,
    smaller,
    thinner,
)
from train.pictures import Pictures

Impairment = Callable[[Picture, Keypoints, np.random.Generator], tuple[Picture, Keypoints]]


def by_sharpness(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A model that predicts 30 for pictures with detail, and 90 for pictures without."""
    detail = np.abs(np.diff(crops.astype(np.float32), axis=2)).mean(axis=(1, 2, 3))
    return np.eye(101, dtype=np.float32)[np.where(detail > np.median(detail), 30, 90)]


@pytest.mark.slow
def test_there_is_evidence_for_every_limit_on_photos_that_no_other_limit_rejects(faces: Pictures) -> None:
    found = gate_evidence(by_sharpness, faces)
    reasons = [evidence.reason for evidence in found]
    assert reasons == [
        "small", "turned", "", "dark", "bright", "blurred", "distorted", "distorted", "eyes-covered", "unconfirmed",
    ]  # fmt: skip
    limits = QualitySettings()
    assert found[0].limit == limits.min_eye_distance_px
    assert found[2].limit is None
    for evidence in found:
        assert evidence.refused.trials == len(faces)
        assert sum(each.error.pictures for each in evidence.bins) <= len(faces)
        lows = [each.low for each in evidence.bins]
        assert lows == sorted(lows)
        for each in evidence.bins:
            assert each.low <= each.high
            on_one_side = evidence.limit is None or each.high < evidence.limit or each.low >= evidence.limit
            assert on_one_side, "a bin is on one side of the limit"


def test_unchanged_photos_have_an_unchanged_error(faces: Pictures) -> None:
    turned = gate_evidence(by_sharpness, faces)[1]
    assert {each.worse for each in turned.bins} == {0}


@pytest.mark.parametrize(
    ("impairment", "measure", "sign"),
    [
        (smaller, "eye_distance_px", -1),
        (blurred, "sharpness", -1),
        (darker, "brightness", -1),
        (brighter, "brightness", 1),
        (thinner, "breadth", -1),
        (broader, "breadth", 1),
        (behind_sunglasses, "eye_cover", 1),
    ],
)
def test_an_impairment_changes_the_measure_that_should_detect_it(
    impairment: Impairment, measure: str, sign: int, faces: Pictures
) -> None:
    gate, random = PhotoGate(), np.random.default_rng(1)
    for row in range(3):
        picture, keypoints = read_photo(faces.paths[row]), faces.keypoints[row]
        _, before, _ = gate.measure(picture, keypoints)
        changes = []
        for _ in range(5):
            degraded, points = impairment(picture, keypoints, random)
            changes.append(getattr(gate.measure(degraded, points)[1], measure) - getattr(before, measure))
        assert sign * np.array(changes).mean() > 0
        assert (sign * np.array(changes) > -3).all()


def test_a_hand_in_front_of_the_face_lowers_the_confidence_of_the_second_detector(faces: Pictures) -> None:
    gate, random = PhotoGate(), np.random.default_rng(1)
    picture, keypoints = read_photo(faces.paths[0]), faces.keypoints[0]
    before = gate.measure(picture, keypoints)[2]
    after = [gate.measure(*covered(picture, keypoints, random))[2] for _ in range(20)]
    assert np.mean(after) < before - 0.01
    assert min(after) < before - 0.04


def test_the_keypoints_of_a_smaller_photo_are_scaled_with_it(faces: Pictures) -> None:
    picture, keypoints = read_photo(faces.paths[0]), faces.keypoints[0]
    small, points = smaller(picture, keypoints, np.random.default_rng(0))
    scale = small.shape[1] / picture.shape[1]
    assert np.abs(points - keypoints * scale).max() < 1
    assert eye_distance_px(points) < eye_distance_px(keypoints)


def test_good_photos_pass_the_gate(faces: Pictures) -> None:
    assert passes_gate(faces).mean() > 0.5
