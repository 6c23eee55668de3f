"""The evidence for the quality gate's limits: photos made worse, and what becomes of the error."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.settings.sections import QualitySettings
from train.card.gate import PhotoGate, evidence, let_through
from train.card.impaired import blurred, brighter, covered, darker, eye_distance_px, smaller
from train.pictures import Pictures, read_photo

Impairment = Callable[..., tuple[NDArray[np.uint8], NDArray[np.float32]]]


def by_sharpness(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A model that takes everybody for 30, but for 90 where the picture has no detail."""
    detail = np.abs(np.diff(crops.astype(np.float32), axis=2)).mean(axis=(1, 2, 3))
    return np.eye(101, dtype=np.float32)[np.where(detail > np.median(detail), 30, 90)]


def test_there_is_evidence_for_every_limit_with_every_photo_that_no_other_limit_refuses(faces: Pictures) -> None:
    found = evidence(by_sharpness, faces)
    assert [one.reason for one in found] == ["small", "turned", "", "dark", "bright", "blurred", "unconfirmed"]
    limits = QualitySettings()
    assert found[0].limit == limits.min_eye_distance_px
    assert found[2].limit is None
    for one in found:
        assert one.refused.trials == len(faces)
        assert sum(each.error.pictures for each in one.bins) <= len(faces)
        lows = [each.low for each in one.bins]
        assert lows == sorted(lows)
        for each in one.bins:
            assert each.low <= each.high
            assert one.limit is None or each.high < one.limit or each.low >= one.limit, "a bin is on one side"


def test_photos_as_they_are_are_not_worse_than_themselves(faces: Pictures) -> None:
    turned = evidence(by_sharpness, faces)[1]
    assert {one.worse for one in turned.bins} == {0}


@pytest.mark.parametrize(
    ("impairment", "measure", "sign"),
    [
        (smaller, "eye_distance_px", -1),
        (blurred, "sharpness", -1),
        (darker, "brightness", -1),
        (brighter, "brightness", 1),
    ],
)
def test_what_makes_a_photo_worse_moves_the_measure_that_is_to_notice_it(
    impairment: Impairment, measure: str, sign: int, faces: Pictures
) -> None:
    gate, random = PhotoGate(), np.random.default_rng(1)
    for row in range(3):
        picture, keypoints = read_photo(faces.paths[row]), faces.keypoints[row]
        _, before, _ = gate.look(picture, keypoints)
        moved = []
        for _ in range(5):
            worse, points = impairment(picture, keypoints, random)
            moved.append(getattr(gate.look(worse, points)[1], measure) - getattr(before, measure))
        assert sign * np.array(moved).mean() > 0
        assert (sign * np.array(moved) > -3).all()


def test_a_hand_before_the_face_makes_the_second_detector_doubt_it(faces: Pictures) -> None:
    gate, random = PhotoGate(), np.random.default_rng(1)
    picture, keypoints = read_photo(faces.paths[0]), faces.keypoints[0]
    before = gate.look(picture, keypoints)[2]
    after = [gate.look(*covered(picture, keypoints, random))[2] for _ in range(20)]
    assert np.mean(after) < before - 0.01
    assert min(after) < before - 0.04


def test_a_smaller_photo_has_its_keypoints_where_they_were(faces: Pictures) -> None:
    picture, keypoints = read_photo(faces.paths[0]), faces.keypoints[0]
    small, points = smaller(picture, keypoints, np.random.default_rng(0))
    scale = small.shape[1] / picture.shape[1]
    assert np.abs(points - keypoints * scale).max() < 1
    assert eye_distance_px(points) < eye_distance_px(keypoints)


def test_the_gate_lets_good_photos_through(faces: Pictures) -> None:
    assert let_through(faces).mean() > 0.5
