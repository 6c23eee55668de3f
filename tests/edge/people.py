"""People as a frame shows them, for tests that need faces without pictures, and settings with given values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from edge.settings.config import Settings

WIDTH, HEIGHT = 640, 480
"""Of the frames, in pixels."""


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
