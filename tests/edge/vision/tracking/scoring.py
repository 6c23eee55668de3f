"""Scores how well a tracker distinguishes the people of a scene, with the metric of `trackers`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from trackers.eval import aggregate_identity_metrics, box_iou, compute_identity_metrics

from edge.vision.faces import NO_TRACK, Faces
from tests.edge.vision.tracking.camera import Shot, film
from tests.edge.vision.tracking.scenes import Scene


class Tracker(Protocol):
    def update(self, faces: Faces, now_s: float) -> Faces: ...


class Score(NamedTuple):
    """idf1: 0..1 over all films together. shared: number of ids that were given to more than one person."""

    idf1: float
    shared: int


def score(make_tracker: Callable[[], Tracker], films: Iterable[Iterable[Shot]]) -> Score:
    """Score the tracker on films, with a new tracker for each film.

    A face counts in every frame in which it is visible, detected or not.
    """
    identities, shared = [], 0
    for shots in films:
        tracker = make_tracker()
        true_ids, given_ids, overlaps = [], [], []
        owners: dict[int, set[int]] = defaultdict(set)
        for shot in shots:
            tracked = tracker.update(shot.faces, shot.at_s)
            known = tracked.track_ids != NO_TRACK
            true_ids.append(shot.people)
            given_ids.append(tracked.track_ids[known])
            overlaps.append(box_iou(shot.boxes, tracked.boxes[known].astype(float)))
            for track, person in zip(tracked.track_ids[known], shot.found[known], strict=True):
                owners[int(track)].add(int(person))
        identities.append(compute_identity_metrics(true_ids, given_ids, overlaps))
        shared += sum(len(people) > 1 for people in owners.values())
    return Score(aggregate_identity_metrics(identities)["IDF1"], shared)


def films(scenes: Iterable[Scene], rate: float, seeds: int) -> Iterable[Iterable[Shot]]:
    """Every scene at `rate` frames/s, `seeds` times with different jitter and misses."""
    return (film(scene, rate, seed) for scene in scenes for seed in range(seeds))
