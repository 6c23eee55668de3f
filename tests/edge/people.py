"""People as a frame shows them, their faces and frames without pictures, and settings with given values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from edge.decision.policy import Limit
from edge.frames import Frame
from edge.settings.config import Settings
from edge.vision.faces import AGES, Faces

LIMIT = Limit(18, max_p_under_legal=0.03, challenge_age=25)
"""Of the lanes in tests, for legal age 18: who looks younger than 25 in `age_probs_at` is asked."""

WIDTH, HEIGHT = 640, 480
"""Of the frames, in pixels."""

FACE_SHAPE = np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, 0.55], [0.0, 1.1]], np.float32)
"""Right eye, left eye, nose and mouth of a frontal face, in eye distances from between the eyes."""


@dataclass(frozen=True)
class Person:
    """A person in a frame. x, y: centre of the face in shares of the frame. age: years, None if no age was estimated.
    quality: NaN when the face was not sampled."""

    track: int = 1
    age: float | None = 50
    x: float = 0.5
    y: float = 0.5
    eyes_px: float = 40
    quality: float = 0.8
    reasons: tuple[str, ...] = ()
    score: float = 0.9


class DetectedPerson(TypedDict, total=False):
    """What a detector finds of a `Person`; the default values of `Person` for what is not given."""

    x: float
    y: float
    eyes_px: float
    score: float


def settings_with(**values: object) -> Settings:
    """The default settings except for these values, as if they were read from a file."""
    return Settings.model_validate(values)


def age_probs_at(mean: float, spread: float = 4.0) -> NDArray[np.float32]:
    """A bell-shaped distribution over the ages 0..100."""
    probs = np.exp(-(((np.arange(AGES) - mean) / spread) ** 2) / 2)
    return np.asarray(probs / probs.sum(), np.float32)


def faces_of(*people: Person) -> Faces:
    """The faces of some people in a frame of 640x480."""
    if not people:
        return Faces()
    centres = np.array([[person.x * WIDTH, person.y * HEIGHT] for person in people], np.float32)
    eyes_px = np.array([[person.eyes_px] for person in people], np.float32)
    nothing = np.full(AGES, np.nan, np.float32)
    return Faces(
        boxes=np.hstack([centres - eyes_px, centres + eyes_px]),
        keypoints=centres[:, None] + FACE_SHAPE * eyes_px[:, None],
        scores=np.array([person.score for person in people], np.float32),
        track_ids=np.array([person.track for person in people], np.int64),
        quality=np.array([0.0 if person.reasons else person.quality for person in people], np.float32),
        reasons=tuple(person.reasons for person in people),
        age_probs=np.array([nothing if person.age is None else age_probs_at(person.age) for person in people]),
    )


def frame_at(grab_s: float, sequence: int = 0) -> Frame:
    """A black frame of 640x480, grabbed at a time."""
    return Frame(np.zeros((HEIGHT, WIDTH, 3), np.uint8), grab_s, sequence, "lane-1")
