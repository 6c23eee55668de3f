"""Simulates a face detector on a scripted scene: jitter, misses, weak scores, and faces hidden by nearer people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.vision.faces import Faces
from tests.edge.vision.tracking.scenes import Person, Scene, Span

WIDTH, HEIGHT = 640, 480


@dataclass(frozen=True)
class Shot:
    """One frame. at_s: time in seconds. people: int (N,), indices in the scene of the people whose faces are visible.
    boxes: float (N, 4), their true boxes. faces: the M detected faces. found: int (M,), the person of each."""

    at_s: float
    people: NDArray[np.int64]
    boxes: NDArray[np.float64]
    faces: Faces
    found: NDArray[np.int64]


def film(scene: Scene, rate: float, seed: int = 0) -> Iterator[Shot]:
    """The scene's frames at `rate` frames/s. Deterministic for a seed."""
    random = np.random.default_rng([seed, round(rate)])
    sway = random.uniform(0, 2 * np.pi, (len(scene.people), 2))
    for number in range(round(scene.lasts_s * rate)):
        at_s = number / rate
        boxes = np.array([_box(person, at_s, phase) for person, phase in zip(scene.people, sway, strict=True)])
        visible = np.array([_visible(person, boxes, row, at_s) for row, person in enumerate(scene.people)], bool)
        people = np.flatnonzero(visible)
        found = people[random.random(len(people)) >= 0.01]
        weak = np.array([_within(scene.people[row].weak, at_s) for row in found], bool)
        weak |= random.random(len(found)) < 0.03
        scores = np.where(weak, random.uniform(0.32, 0.58, len(found)), random.uniform(0.65, 0.97, len(found)))
        yield Shot(at_s, people, boxes[people], _faces(boxes[found], scores, random), found)


def _box(person: Person, at_s: float, phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """float (4,), the true box; NaN before the person's first pose and after the last."""
    times = [pose.at_s for pose in person.way]
    if not times[0] <= at_s <= times[-1]:
        return np.full(4, np.nan)
    later = max(1, int(np.searchsorted(times, at_s)))
    before, after = person.way[later - 1], person.way[later]
    share = (at_s - before.at_s) / (after.at_s - before.at_s)
    share = share * share * (3 - 2 * share)  # accelerate and decelerate
    _, x, y, size = (1 - share) * np.array(before) + share * np.array(after)
    # Standing people sway by centimetres within seconds.
    x, y = (x, y) + 0.1 * size * np.sin(phase + at_s * np.array([2.1, 1.3]))
    return np.array([x - size / 2, y - size / 2, x + size / 2, y + size / 2])


def _visible(person: Person, boxes: NDArray[np.float64], row: int, at_s: float) -> bool:
    box = boxes[row]
    if np.isnan(box[0]) or _within(person.hidden, at_s) or _share_within(box, (0, 0, WIDTH, HEIGHT)) < 0.75:
        return False
    size = box[2] - box[0]
    for other in np.delete(boxes, row, axis=0):
        margin = 0.15 * (other[2] - other[0])  # a head is wider than the face
        nearer = other[2] - other[0] > size
        if nearer and _share_within(box, other + margin * np.array([-1, -1, 1, 1])) > 0.4:
            return False
    return True


def _share_within(box: NDArray[np.float64], area: NDArray[np.float64] | tuple[float, ...]) -> float:
    width = max(0.0, min(box[2], area[2]) - max(box[0], area[0]))
    height = max(0.0, min(box[3], area[3]) - max(box[1], area[1]))
    return float(width * height / ((box[2] - box[0]) * (box[3] - box[1])))


def _within(spans: tuple[Span, ...], at_s: float) -> bool:
    return any(span.from_s <= at_s < span.to_s for span in spans)


def _faces(boxes: NDArray[np.float64], scores: NDArray[np.float64], random: np.random.Generator) -> Faces:
    boxes = boxes.reshape(-1, 4)
    size = boxes[:, 2:3] - boxes[:, 0:1]
    shift = random.normal(0, 0.02, (len(boxes), 2)) * size
    growth = random.normal(0, 0.01, (len(boxes), 1)) * size
    jittered = boxes + np.hstack([shift - growth, shift + growth])
    return Faces(jittered.astype(np.float32), np.zeros((len(boxes), 4, 2), np.float32), scores.astype(np.float32))
