"""Finds the customer: the person who stands in the zone, nearest and longest. Pure.

Plain numbers instead of arrays: for the few faces of a frame, numpy's overhead is larger than the work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.decision.fusion import TrackAge
from edge.decision.policy import Decision, Reason, decide
from edge.vision.faces import LEFT_EYE, NO_TRACK, RIGHT_EYE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edge.decision.policy import Limit
    from edge.settings.config import Settings
    from edge.vision.faces import Faces

RIVAL_SIZE = 0.75
"""Another person in the zone could be the customer if their face has at least this share of the customer's size."""

_CONFIRMED_SAMPLES = 2
"""A second detector must confirm a track's face in this many samples before the track counts as a person."""

_PRESENT_S = 0.5
"""A person seen within this time is present now."""

_ESTIMATED_WITHIN_S = 1.0
"""Somebody who has been in the zone for this long should have an age. Before that, samples are not missing, only late,
and an answer that was given should not change for everybody who walks past."""

_STILL, _SCENERY_S = 0.15, 30.0
"""A face that moves less than this share of its eye distance in this many seconds is a print, such as a poster or a
magazine. A living person sways by more than a centimetre in half a minute; one who does not is asked for ID."""

_DOUBLE_AFTER, _MOST_DOUBLINGS = 10, 3
"""The time between two samples doubles after every ten samples, at most three times: after a second of samples every
0.1 s, another one hardly changes the mean."""

_SMOOTHING = 0.2
"""Weight of the newest face size in its running mean."""


@dataclass(frozen=True, slots=True)
class Person:
    """A track that was seen in the zone. Times are seconds of the frames' clock.

    first_s, last_s: when it was first and last seen in the zone.
    eye_distance_px: smoothed.
    place_px, moved_s: where the middle between the eyes was when the face last moved, and when that was.
    sampled_s: when the quality gate last judged the face.
    confirmed_samples: in how many samples the second detector confirmed the face, whether or not its quality passed.
    age: all samples that passed, pooled.
    rejected: why the last sample was rejected; empty when it passed.
    """

    track_id: int
    first_s: float
    last_s: float
    eye_distance_px: float
    place_px: tuple[float, float]
    moved_s: float
    sampled_s: float = -math.inf
    confirmed_samples: int = 0
    age: TrackAge = field(default_factory=TrackAge)
    rejected: tuple[str, ...] = ()


class CustomerZone:
    """Keeps the people in the zone and picks the customer among them. Time is an argument."""

    def __init__(self, settings: Settings) -> None:
        self._polygon = np.array(settings.zone, np.float32)
        self._lost_s, self._sample_every_s = settings.tracking.lost_s, settings.tracking.look_every_s
        self._policy, self._nearest_px = settings.policy, settings.quality.min_eye_distance_px
        self._people: dict[int, Person] = {}
        self._customer_id: int | None = None

    @property
    def customer(self) -> Person | None:
        """The customer, or None when nobody stands in the zone."""
        return None if self._customer_id is None else self._people[self._customer_id]

    @property
    def people(self) -> dict[int, Person]:
        """People who were in the zone within `tracking.lost_s`, by track."""
        return dict(self._people)

    def observe(self, faces: Faces, frame_shape: tuple[int, ...], now_s: float) -> None:
        """Update people and customer from one frame's faces. frame_shape: (height, width, ...)."""
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
            present = [person for person in self._people.values() if _is_present(person, now_s)]
            if present:
                self._customer_id = max(present, key=lambda person: _claim(person, now_s)).track_id

    def should_sample(self, faces: Faces, frame_shape: tuple[int, ...], now_s: float) -> NDArray[np.bool_]:
        """bool (N,): which faces of a frame to sample now. Faces outside the zone never; faces inside less often the
        more samples they have. When one face's time has come, faces that are half-way there join its batch."""
        rows = zip(faces.track_ids.tolist(), self._inside(faces, frame_shape), strict=True)
        waited = [self._waited(track_id, now_s) if inside else 0.0 for track_id, inside in rows]
        # 0.99 and 0.49, so that rounding never skips a frame that arrives on time.
        any_ready = any(share > 0.99 for share in waited)
        return np.array([any_ready and share > 0.49 for share in waited], bool)

    def count_present(self, now_s: float) -> int:
        """How many people are in the zone and visible now."""
        return sum(_is_present(person, now_s) for person in self._people.values())

    def forget_ages(self) -> None:
        """Drop all samples, so that a new sale starts with samples of its own customer only."""
        self._people = {
            track_id: replace(person, age=TrackAge(), sampled_s=-math.inf, rejected=())
            for track_id, person in self._people.items()
        }

    def doubts(self, now_s: float, limit: Limit | None, legal_age: int) -> tuple[Reason, ...]:
        """Reasons not to go by the customer's age now; empty when there are none. limit, legal_age: as for `decide`."""
        customer = self.customer
        if customer is None:
            return (Reason.NO_FACE,)
        for other in self._people.values():
            as_near = other.eye_distance_px >= RIVAL_SIZE * customer.eye_distance_px
            if other is not customer and _is_present(other, now_s) and as_near:
                return (Reason.TWO_PEOPLE,)
        if not customer.age.samples and customer.rejected:
            return tuple(Reason(reason) for reason in customer.rejected)
        alone = decide(customer.age, (), limit, legal_age, self._policy)
        if alone.decision is Decision.NO_CHALLENGE and self._policy.ask_for_companions:
            return self._company(customer, now_s, limit, legal_age)
        return ()

    def _company(self, customer: Person, now_s: float, limit: Limit | None, legal_age: int) -> tuple[Reason, ...]:
        """Reasons not to go by the customer's age alone: somebody else in the zone would be asked, or cannot be
        estimated."""
        doubts: tuple[Reason, ...] = ()
        for other in self._people.values():
            if other is customer or not _is_person(other):
                continue
            decision = decide(other.age, (), limit, legal_age, self._policy).decision
            # A companion who turns away for a moment has not left: everybody in `_people` counts.
            if decision is Decision.CHALLENGE:
                return (Reason.YOUNG_COMPANION,)
            if decision is Decision.UNKNOWN and self._should_have_age(other, now_s):
                doubts = (Reason.TWO_PEOPLE,)
        return doubts

    def _should_have_age(self, person: Person, now_s: float) -> bool:
        """Whether a person is near enough for an estimate, and has been for long enough."""
        near = person.eye_distance_px >= self._nearest_px
        return near and _is_present(person, now_s) and now_s - person.first_s >= _ESTIMATED_WITHIN_S

    def _waited(self, track_id: int, now_s: float) -> float:
        """Time since a track's last sample, as a share of the time between two samples."""
        person = self._people.get(track_id)
        if not person:
            return math.inf
        doublings = min(person.age.samples // _DOUBLE_AFTER, _MOST_DOUBLINGS)
        return (now_s - person.sampled_s) / max(self._sample_every_s * float(2**doublings), 1e-6)

    def _inside(self, faces: Faces, frame_shape: tuple[int, ...]) -> list[bool]:
        """For every face, whether its centre is in the zone."""
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
        sampled = not math.isnan(quality)
        reasons = faces.reasons[row]
        estimated = quality > 0 and not math.isnan(age_probs[0])
        return replace(
            known,
            last_s=now_s,
            place_px=(x, y) if moved else known.place_px,
            moved_s=now_s if moved else known.moved_s,
            eye_distance_px=known.eye_distance_px + _SMOOTHING * (size - known.eye_distance_px),
            confirmed_samples=known.confirmed_samples + (sampled and Reason.UNCONFIRMED not in reasons),
            age=known.age.add(age_probs, quality) if estimated else known.age,
            sampled_s=now_s if sampled else known.sampled_s,
            rejected=reasons if sampled else known.rejected,
        )


def _is_present(person: Person, now_s: float) -> bool:
    return _is_person(person) and now_s - person.last_s < _PRESENT_S


def _is_person(person: Person) -> bool:
    return person.confirmed_samples >= _CONFIRMED_SAMPLES and not _is_printed(person)


def _is_printed(person: Person) -> bool:
    return person.last_s - person.moved_s > _SCENERY_S


def _claim(person: Person, now_s: float) -> float:
    """How likely a person is the customer, on no scale: grows with nearness, and with time in the zone up to 2 s."""
    return person.eye_distance_px * (0.5 + min(now_s - person.first_s, 2.0))
