"""What the setup page sees of a lane: its newest frame, kept only while somebody watches, and a till to try it with."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.lane.observer import Observer
from edge.web.demonstration import Demonstration

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from edge.decision.customer import Person
    from edge.frames import Frame
    from edge.lane.lane import Lane
    from edge.till.messages import State
    from edge.vision.faces import Faces

WATCHED_S = 2.0
"""Who has not asked for a picture for so long watches no more."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What a lane made of a frame. number: grows with every sight. people: by track, those in the zone. state: what
    screens were told last. challenge_age: everybody who looks younger is asked."""

    number: int
    frame: Frame
    faces: Faces
    people: dict[int, Person]
    state: State | None
    challenge_age: int


class LaneView(Observer):
    """Where the lane's thread and the page's meet. Nothing is copied, and without watchers nothing is done."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._till = Demonstration()
        self._sight: Sight | None = None
        self._number = 0
        self._asked_s = -WATCHED_S

    def look(self) -> Sight | None:
        """The newest sight. The first call finds none, and lets the next frame be kept."""
        self._asked_s = time.monotonic()
        return self._sight

    @contextmanager
    def till(self) -> Iterator[Demonstration]:
        """The demonstration till, while the lane's thread keeps its hands off."""
        with self._one_at_a_time:
            yield self._till

    @property
    def analysing(self) -> bool:
        return self._till.lane is not None

    def should_sample(self, faces: Faces, frame: Frame) -> NDArray[np.bool_]:
        with self._one_at_a_time:
            return self._till.should_sample(faces, frame)

    def observe(self, lane: Lane, frame: Frame, faces: Faces, now_s: float) -> None:
        with self._one_at_a_time:
            self._till.observe(lane, frame, faces, now_s)
            # While the demonstration sells, its own lane is the one that looks at faces.
            looking = self._till.lane or lane
        sight = None
        if now_s - self._asked_s < WATCHED_S:
            self._number += 1
            sight = Sight(self._number, frame, faces, looking.people, looking.state, lane.challenge_age)
        self._sight = sight

    def tick(self, lane: Lane, now_s: float) -> None:
        with self._one_at_a_time:
            self._till.tick(lane, now_s)
        if now_s - self._asked_s >= WATCHED_S:
            self._sight = None
