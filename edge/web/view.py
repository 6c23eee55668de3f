"""Observes a lane for the setup page: keeps its newest frame while somebody watches, and runs a demonstration till."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.frames.geometry import as_set
from edge.lane.observer import Observer
from edge.vision.faces import Faces
from edge.web.demonstration import Demonstration

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from edge.decision.customer import Person
    from edge.frames import Frame
    from edge.lane.lane import Lane
    from edge.settings.sections import PictureSettings
    from edge.till.messages import State

WATCHED_S = 2.0
"""After this long without a request for a snapshot, nobody watches."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One frame and what the lane found in it.

    number: grows with every snapshot. people: those in the zone, by track. state: the last one that was published.
    legal_age, challenge_age: of the sale: who looks younger than `challenge_age` is asked for ID; None when everybody
    is.
    """

    number: int
    frame: Frame
    faces: Faces
    people: dict[int, Person]
    state: State | None
    legal_age: int
    challenge_age: int | None

    def with_picture(self, picture: PictureSettings) -> Snapshot:
        """The same frame as other settings would show it, without faces, people and state."""
        pixels = self.frame.pixels if self.frame.original is None else self.frame.original
        frame = as_set(replace(self.frame, pixels=pixels, original=None), picture)
        return replace(self, frame=frame, faces=Faces(), people={}, state=None)


class LaneView(Observer):
    """Shared by the lane's thread and the page's. It copies no frame, and keeps none while nobody watches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._till = Demonstration()
        self._snapshot: Snapshot | None = None
        self._number = 0
        self._requested_s = -WATCHED_S

    def newest(self) -> Snapshot | None:
        """The newest snapshot. The first call returns None, and makes the lane keep its next frame."""
        self._requested_s = time.monotonic()
        return self._snapshot

    @contextmanager
    def till(self) -> Iterator[Demonstration]:
        """The demonstration till, locked against the lane's thread."""
        with self._lock:
            yield self._till

    @property
    def analysing(self) -> bool:
        return self._till.lane is not None

    def should_sample(self, faces: Faces, frame: Frame) -> NDArray[np.bool_]:
        with self._lock:
            return self._till.should_sample(faces, frame)

    def observe(self, lane: Lane, frame: Frame, faces: Faces, now_s: float) -> None:
        with self._lock:
            self._till.observe(lane, frame, faces, now_s)
            # While the demonstration till has a sale open, its lane estimates the ages.
            analysing = self._till.lane or lane
        snapshot = None
        if now_s - self._requested_s < WATCHED_S:
            self._number += 1
            snapshot = Snapshot(
                self._number, frame, faces, analysing.people, analysing.state, analysing.legal_age,
                analysing.challenge_age,
            )  # fmt: skip
        self._snapshot = snapshot

    def tick(self, lane: Lane, now_s: float) -> None:
        with self._lock:
            self._till.tick(lane, now_s)
        if now_s - self._requested_s >= WATCHED_S:
            self._snapshot = None
