"""Who the customer is: the one who stands in the zone, nearest and longest. Pure: time is an argument.

In plain numbers, since numpy takes longer to begin than the few faces of a frame to go through.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.decision.fusion import TrackAge
from edge.decision.policy import Reason
from edge.vision.faces import LEFT_EYE, NO_TRACK, RIGHT_EYE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.settings.config import Settings
    from edge.vision.faces import Faces

RIVAL_SIZE = 0.75
"""Somebody else in the zone whose face is at least this large, compared with the customer's, could be the customer."""

_SURE_LOOKS = 2
"""Looks at which a second detector must have agreed before somebody counts as a person standing there."""

_PRESENT_S = 0.5
"""Somebody seen less than this ago is there now."""

_STILL, _SCENERY_S = 0.15, 30.0
"""A face that has not moved by this share of its own eye distance for so many seconds is printed: a poster, a magazine.
Whoever is alive sways by more than a centimetre in half a minute; were one not to, they would be asked for ID."""

_STEADY_LOOKS, _MOST_DOUBLINGS = 10, 3
"""The time between two looks doubles with every so many looks, so many times at most: after a second of looks every
0.1 s another one hardly moves the mean of them all."""

_SMOOTHING = 0.2
"""Weight of the newest size of a face in its running mean."""


@dataclass(frozen=True, slots=True)
class Person:
    """A track that was seen in the zone. Times are seconds of the frames' clock.

    eye_distance_px: smoothed. sure_looks: how often the quality gate, whatever else it thought, confirmed a face.
    looked_s: when it last judged it. refused: why that look was no good, if it was not. place_px: where between the
    eyes was at `moved_s`, when the face last moved.
    """

    track_id: int
    first_s: float
    last_s: float
    eye_distance_px: float
    place_px: tuple[float, float]
    moved_s: float
    looked_s: float = -math.inf
    sure_looks: int = 0
    age: TrackAge = field(default_factory=TrackAge)
    refused: tuple[str, ...] = ()


class CustomerZone:
    """Keeps the people in the zone and says which of them is the customer."""

    def __init__(self, settings: Settings) -> None:
        self._polygon = np.array(settings.zone, np.float32)
        self._lost_s, self._look_every_s = settings.tracking.lost_s, settings.tracking.look_every_s
        self._people: dict[int, Person] = {}
        self._customer_id: int | None = None

    @property
    def customer(self) -> Person | None:
        """Who stands there to buy, or None."""
        return None if self._customer_id is None else self._people[self._customer_id]

    @property
    def seen(self) -> dict[int, Person]:
        """By track, everybody who was in the zone lately."""
        return dict(self._people)

    def see(self, faces: Faces, frame_shape: tuple[int, ...], now_s: float) -> None:
        """Take in one frame's faces. frame_shape: (height, width, ...) of the frame."""
        inside = self._inside(faces, frame_shape)
        for row, track_id in enumerate(faces.track_ids.tolist()):
            if inside[row] and track_id != NO_TRACK:
                self._people[track_id] = self._updated(faces, row, now_s)
        self._people = {
            track_id: person for track_id, person in self._people.items() if now_s - person.last_s <= self._lost_s
        }
        if self._customer_id not in self._people or _is_printed(self._people[self._customer_id]):
            self._customer_id = None
        if self._customer_id is None:
            standing = [person for person in self._people.values() if _present(person, now_s)]
            if standing:
                self._customer_id = max(standing, key=lambda person: _claim(person, now_s)).track_id

    def due(self, faces: Faces, frame_shape: tuple[int, ...], now_s: float) -> NDArray[np.bool_]:
        """bool (N,): which of a frame's faces it is time to look at. Nobody outside the zone, and the less often the
        more is known; who is nearly due joins who is, so that they share a batch."""
        of_each = zip(faces.track_ids.tolist(), self._inside(faces, frame_shape), strict=True)
        waited = [self._waited(track_id, now_s) if inside else 0.0 for track_id, inside in of_each]
        # A hair less than all, and than half, of it: frames come at exactly that pace, and rounding must not skip one.
        anybody = any(share > 0.99 for share in waited)
        return np.array([anybody and share > 0.49 for share in waited], bool)

    def people(self, now_s: float) -> int:
        """How many people are in the zone and in view now."""
        return sum(_present(person, now_s) for person in self._people.values())

    def forget_ages(self) -> None:
        """Drop all looks: a sale starts with the evidence of its own customer only."""
        self._people = {
            track_id: replace(person, age=TrackAge(), looked_s=-math.inf, refused=())
            for track_id, person in self._people.items()
        }

    def doubts(self, now_s: float) -> tuple[Reason, ...]:
        """What speaks against an answer about the customer now; empty when nothing does."""
        customer = self.customer
        if customer is None:
            return (Reason.NO_FACE,)
        for other in self._people.values():
            as_near = other.eye_distance_px >= RIVAL_SIZE * customer.eye_distance_px
            if other is not customer and _present(other, now_s) and as_near:
                return (Reason.TWO_PEOPLE,)
        if not customer.age.looks and customer.refused:
            return tuple(Reason(reason) for reason in customer.refused)
        return ()

    def _waited(self, track_id: int, now_s: float) -> float:
        """Since the last look at somebody, as a share of the time until the next one."""
        person = self._people.get(track_id)
        if not person:
            return math.inf
        doublings = min(person.age.looks // _STEADY_LOOKS, _MOST_DOUBLINGS)
        return (now_s - person.looked_s) / max(self._look_every_s * float(2**doublings), 1e-6)

    def _inside(self, faces: Faces, frame_shape: tuple[int, ...]) -> list[bool]:
        """Of every face, whether its middle is in the zone."""
        height, width = frame_shape[:2]
        return [
            cv2.pointPolygonTest(self._polygon, ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height), False) >= 0
            for x0, y0, x1, y1 in faces.boxes.tolist()
        ]

    def _updated(self, faces: Faces, row: int, now_s: float) -> Person:
        track_id, quality, age_probs = int(faces.track_ids[row]), float(faces.quality[row]), faces.age_probs[row]
        right, left = faces.keypoints[row, RIGHT_EYE].tolist(), faces.keypoints[row, LEFT_EYE].tolist()
        size, x, y = math.dist(right, left), (right[0] + left[0]) / 2, (right[1] + left[1]) / 2
        known = self._people.get(track_id) or Person(track_id, now_s, now_s, size, (x, y), now_s)
        moved = math.dist(known.place_px, (x, y)) > _STILL * size
        looked = not math.isnan(quality)
        reasons = faces.reasons[row]
        estimated = quality > 0 and not math.isnan(age_probs[0])
        return replace(
            known,
            last_s=now_s,
            place_px=(x, y) if moved else known.place_px,
            moved_s=now_s if moved else known.moved_s,
            eye_distance_px=known.eye_distance_px + _SMOOTHING * (size - known.eye_distance_px),
            sure_looks=known.sure_looks + (looked and Reason.UNCONFIRMED not in reasons),
            age=known.age.add(age_probs, quality) if estimated else known.age,
            looked_s=now_s if looked else known.looked_s,
            refused=reasons if looked else known.refused,
        )


def _present(person: Person, now_s: float) -> bool:
    return person.sure_looks >= _SURE_LOOKS and now_s - person.last_s < _PRESENT_S and not _is_printed(person)


def _is_printed(person: Person) -> bool:
    return person.last_s - person.moved_s > _SCENERY_S


def _claim(person: Person, now_s: float) -> float:
    """How much speaks for a person being the customer: nearness, and time spent standing, up to two seconds."""
    return person.eye_distance_px * (0.5 + min(now_s - person.first_s, 2.0))
