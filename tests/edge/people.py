"""A person as a frame shows them, for tests that need faces without pictures."""

from __future__ import annotations

from dataclasses import dataclass

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
