"""Draws the demonstration clip: someone walks up to the till, stops to pay, and walks away.

The person is Eileen Collins, from the public-domain NASA portrait in scikit-image.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from skimage import data

from edge.errors import RunError
from edge.language.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH, HEIGHT, FRAMES_PER_SECOND = 640, 480, 30
EMPTY_S, WALK_S, STAND_S, LEFT_S = 1.0, 1.5, 5.0, 2.5
"""Parts of the clip: empty lane, walk (in and later out), standing, empty lane again."""

_FAR, _NEAR = 0.45, 0.80
"""Scale of the 512-pixel portrait at the ends of the walk and at the till."""


def clip_frames() -> Iterator[NDArray[np.uint8]]:
    """Every frame of the clip: uint8 (480, 640, 3) BGR."""
    portrait = np.asarray(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR), np.uint8)
    lane, noise = _lane(), np.random.default_rng(0)
    outline = _outline()
    for place in _walk():
        frame = lane.copy() if place is None else _with_person(lane, portrait, outline, place)
        grain = noise.normal(0, 3, frame.shape).astype(np.int16)
        yield np.clip(frame + grain, 0, 255).astype(np.uint8)


def write_clip(file: Path) -> None:
    """Write the clip as MPEG-4 Part 2, which, unlike H.264, every OpenCV can read and write. Raises RunError."""
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), FRAMES_PER_SECOND, (WIDTH, HEIGHT))
    if not writer.isOpened():
        raise RunError(words("cannot write a video to {file}: does the folder exist, and is it writable?", file=file))
    for frame in clip_frames():
        writer.write(frame)
    writer.release()


def _walk() -> Iterator[tuple[float, float] | None]:
    """For each frame the person's place as (centre in pixels from the left, scale); None while the lane is empty."""
    empty, walking, standing, left = (
        round(seconds * FRAMES_PER_SECOND) for seconds in (EMPTY_S, WALK_S, STAND_S, LEFT_S)
    )
    steps = [_eased(step / walking) for step in range(walking)]
    yield from [None] * empty
    yield from ((-120 + 440 * share, _FAR + (_NEAR - _FAR) * share) for share in steps)
    # People sway by a few pixels while they stand.
    yield from ((320 + 6 * np.sin(step / 14), _NEAR + 0.01 * np.sin(step / 23)) for step in range(standing))
    yield from ((320 + 440 * share, _NEAR + (_FAR - _NEAR) * share) for share in steps)
    yield from [None] * left


def _eased(share: float) -> float:
    return share * share * (3 - 2 * share)


def _lane() -> NDArray[np.uint8]:
    """An empty checkout lane: wall, shelves, counter."""
    frame = np.full((HEIGHT, WIDTH, 3), (150, 160, 165), np.uint8)
    for top in range(30, 300, 70):
        cv2.rectangle(frame, (0, top), (WIDTH, top + 8), (95, 110, 125), -1)
        for number, left in enumerate(range(10, WIDTH, 38)):
            colour = [(60, 90, 150), (70, 130, 90), (130, 110, 60)][(number + top) % 3]
            cv2.rectangle(frame, (left, top - 34), (left + 20, top), colour, -1)
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), 3), np.uint8)


def _outline() -> NDArray[np.float32]:
    """Soft mask (512, 512) of head and shoulders in the portrait, 0..1."""
    mask = np.zeros((512, 512), np.float32)
    cv2.ellipse(mask, (225, 108), (70, 98), 0, 0, 360, 1.0, -1)
    cv2.ellipse(mask, (225, 460), (215, 255), 0, 180, 360, 1.0, -1)
    cv2.rectangle(mask, (10, 460), (440, 512), 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 4), np.float32)


def _with_person(
    lane: NDArray[np.uint8], portrait: NDArray[np.uint8], outline: NDArray[np.float32], place: tuple[float, float]
) -> NDArray[np.uint8]:
    """The lane with the person standing at a place; the bottom of the portrait is at the bottom of the picture."""
    centre, scale = place
    transform = np.array([[scale, 0, centre - 225 * scale], [0, scale, HEIGHT - 512 * scale]], np.float32)
    person = cv2.warpAffine(portrait, transform, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
    opaque = cv2.warpAffine(outline, transform, (WIDTH, HEIGHT))[..., None]
    return np.asarray(lane * (1 - opaque) + person * opaque, np.uint8)
