"""How much people move while they stand and talk: the recordings behind the limits in edge/vision/reappearance.py.

A gap is cut out of each recording, as if a hand had covered the face, and the face before it is compared with the face
after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edge.frames import VideoFile
from edge.settings.sections import DetectorSettings
from edge.vision.detectors import make_detector
from edge.vision.reappearance import Sighting, Trajectory, same_person

if TYPE_CHECKING:
    from edge.vision.detectors import FaceDetector

pytestmark = pytest.mark.slow

OFFICE = ["again", "bird", "book", "eat", "hungry", "learn", "night", "school"]
GAPS_S = [0.5, 1.0, 1.5]


@pytest.fixture(scope="module")
def sightings(recordings: Path) -> list[list[Sighting]]:
    """The largest face of every frame, for each recording."""
    detector = make_detector(DetectorSettings().name, DetectorSettings().min_score)
    found = [list(_largest_faces(recordings / f"{name}.mkv", detector)) for name in OFFICE]
    detector.close()
    return found


def _largest_faces(clip: Path, detector: FaceDetector) -> Iterator[Sighting]:
    video = VideoFile(clip, "1")
    while frame := video.read():
        boxes = detector.detect(frame.pixels).boxes.tolist()
        if boxes:
            left, top, right, bottom = max(boxes, key=lambda box: box[2] - box[0])
            yield Sighting(frame.grab_s, (left + right) / 2, (top + bottom) / 2, right - left)
    video.close()


def _gaps(seen: list[Sighting]) -> Iterator[tuple[Trajectory, Trajectory]]:
    """The 0.3 s before and the 0.3 s after every gap that fits into the recording."""
    start_s, end_s = seen[0].at_s, seen[-1].at_s
    for gap_s in GAPS_S:
        for from_s in np.arange(start_s + 0.3, end_s - gap_s - 0.3, 1 / 30):
            lost = _trajectory(seen, from_s - 0.3, from_s)
            found = _trajectory(seen, from_s + gap_s, from_s + gap_s + 0.3)
            if lost and found and found.motion_known:
                yield lost, found


def _trajectory(seen: list[Sighting], from_s: float, to_s: float) -> Trajectory | None:
    within = [sighting for sighting in seen if from_s <= sighting.at_s <= to_s]
    if not within:
        return None
    first, *later = within
    trajectory = Trajectory(first)
    for sighting in later:
        trajectory.add(sighting)
    return trajectory


@pytest.mark.parametrize("rate", [5, 10, 15])
def test_somebody_who_stands_and_talks_is_recognised_after_a_gap(
    rate: int, sightings: list[list[Sighting]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Asserts the figures that edge/vision/reappearance.py gives for its limits."""
    every = 30 // rate
    gaps = [gap for seen in sightings for phase in range(every) for gap in _gaps(seen[phase::every])]
    motion = [math.hypot(*lost.final_velocity, *found.initial_velocity) for lost, found in gaps]
    place = [_face_widths_apart(lost.last, found.first) for lost, found in gaps]
    size = [max(lost.last.width, found.first.width) / min(lost.last.width, found.first.width) for lost, found in gaps]
    back = [same_person(lost, found) for lost, found in gaps]
    with capsys.disabled():
        print(f" {rate} frames/s: back in {np.mean(back):.1%} of {len(gaps)} gaps;", end="")
        print(f" motion {_percentiles(motion)}, place {_percentiles(place)}, size {_percentiles(size)} (50, 94, 99 %)")
    assert np.quantile(motion, 0.94) <= 0.62
    assert np.quantile(place, 0.99) <= 0.2
    assert np.quantile(size, 0.99) <= 1.16
    assert np.mean(back) >= 0.95


def _face_widths_apart(first: Sighting, second: Sighting) -> float:
    return math.hypot(first.x - second.x, first.y - second.y) / math.sqrt(first.width * second.width)


def _percentiles(values: list[float]) -> str:
    return "/".join(f"{value:.2f}" for value in np.quantile(values, [0.5, 0.94, 0.99]))
