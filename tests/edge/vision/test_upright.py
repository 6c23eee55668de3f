"""Whether a picture is upright, on real recordings that are turned in every way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.frames import VideoFile
from edge.frames.geometry import turned
from edge.vision.detectors import make_detector
from edge.vision.detectors.confirmation import FaceConfirmation
from edge.vision.upright import UprightSearch

Pixels = NDArray[np.uint8]

EVERY = 40
"""Pictures from one that is tested to the next."""


@pytest.fixture(scope="module", params=["mediapipe-full", "yunet"])
def search(request: pytest.FixtureRequest) -> Iterator[UprightSearch]:
    detector = make_detector(request.param, 0.6)
    yield UprightSearch(detector, FaceConfirmation(), 0.85)
    detector.close()


def pictures(file: Path) -> list[Pixels]:
    recording, kept = VideoFile(file, "lane-1"), []
    while (frame := recording.read()) and frame.sequence <= 4 * EVERY:
        if frame.sequence % EVERY == EVERY // 2:
            kept.append(frame.pixels)
    recording.close()
    return kept


@pytest.mark.slow
@pytest.mark.parametrize("name", ["again", "eat", "night", "school", "face-demographics-walking-and-pause"])
def test_people_are_upright_only_as_they_were_filmed(name: str, search: UprightSearch, recordings: Path) -> None:
    for pixels in pictures(recordings / f"{name}.mkv"):
        found = {turn: search.turn(turned(pixels, turn)) for turn in (0, 90, 180, 270)}
        assert found == {0: 0, 90: 270, 180: 180, 270: 90}


def test_only_the_turns_that_are_asked_for_are_tried(search: UprightSearch, recordings: Path) -> None:
    hanging = turned(pictures(recordings / "school.mkv")[0], 180)
    assert search.turn(hanging, (180,)) == 180
    assert search.turn(hanging, (90, 270)) is None


def test_a_picture_without_a_face_is_neither(search: UprightSearch) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    assert search.turn(noise) is None
