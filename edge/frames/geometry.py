"""The geometry of pictures: square pixels, upright, and turned, mirrored and scaled as the settings say. Pure.

A face in a squeezed picture looks older, and a minor goes unasked. Therefore every source delivers pictures as its
stream declares them, with square pixels and upright (`size_with_square_pixels`, `turned`), and whoever looks for faces
in a frame first applies the lane's settings to it (`as_set`).
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from edge.frames.frame import Frame
    from edge.settings.sections import PictureSettings, Point

_SQUARE = 0.01
"""Pixels that are wider or higher by less than this share count as square: codecs round sizes up to whole blocks."""
_LARGEST_ASPECT = 4
"""Recorders that halve one side have pixels of up to 2.2:1. A stream that declares more is damaged."""

SQUEEZED_SIZES: dict[tuple[int, int], tuple[str, ...]] = {
    **dict.fromkeys([(704, 480), (704, 576), (720, 480), (720, 576)], ("4:3", "16:9")),
    **dict.fromkeys([(704, 240), (704, 288), (720, 240), (720, 288)], ("4:3", "16:9")),
    **dict.fromkeys([(352, 480), (352, 576), (960, 480), (960, 576)], ("4:3", "16:9")),
    **dict.fromkeys([(960, 1080), (640, 720), (1280, 1440)], ("16:9",)),
}
"""Width and height of pictures that recorders store squeezed, and the shapes that they can have in truth, the likeliest
first."""
SOMETIMES_SQUEEZED_SIZES: dict[tuple[int, int], tuple[str, ...]] = {
    (1440, 1080): ("16:9", "4:3"),
    (352, 288): ("4:3", "11:9"),
    (352, 240): ("4:3", "22:15"),
}
"""The same for sizes that exist with square pixels too: the last shape is theirs."""

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def size_with_square_pixels(width: int, height: int, pixel_aspect: Fraction | None) -> tuple[int, int]:
    """Width and height of a picture after its pixels have been made square, by shrinking the longer side of a pixel.

    Shrinking invents no detail, so a face still has as many pixels as it was really seen with. pixel_aspect: width of a
    pixel over its height, as a stream declares it; None, and anything that no camera has, counts as square.
    """
    if pixel_aspect is None or not Fraction(1, _LARGEST_ASPECT) <= pixel_aspect <= _LARGEST_ASPECT:
        return width, height
    if abs(pixel_aspect - 1) < _SQUARE:
        return width, height
    if pixel_aspect > 1:
        return width, max(1, round(height / pixel_aspect))
    return max(1, round(width * pixel_aspect)), height


def scaled(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture shrunk to (width, height) by averaging; the same array when it has this size. pixels: uint8 (H, W,
    3)."""
    if size == pixels.shape[1::-1]:
        return pixels
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def turned(pixels: NDArray[np.uint8], degrees: int) -> NDArray[np.uint8]:
    """A picture turned clockwise; the same array for 0. degrees: a multiple of 90, may be negative. pixels: uint8 (H,
    W, 3)."""
    turn = _TURNS.get(degrees % 360)
    return pixels if turn is None else np.asarray(cv2.rotate(pixels, turn), np.uint8)


def as_set(frame: Frame, settings: PictureSettings) -> Frame:
    """A frame as the lane's settings want it seen: scaled to `aspect`, turned, then mirrored. Its `original` are the
    pixels before; a frame that does not change is returned itself."""
    height, width = frame.pixels.shape[:2]
    shape = settings.shape
    pixel_aspect = shape and Fraction(shape[0] * height, shape[1] * width)
    pixels = turned(scaled(frame.pixels, size_with_square_pixels(width, height, pixel_aspect)), settings.rotate)
    if settings.mirror:
        pixels = np.asarray(cv2.flip(pixels, 1), np.uint8)
    return frame if pixels is frame.pixels else replace(frame, pixels=pixels, original=frame.pixels)


def rotation_after(settings: PictureSettings, degrees: int) -> int:
    """The value of `rotate` that turns pictures as `as_set` shows them clockwise by `degrees`, a multiple of 90."""
    return (settings.rotate + (-degrees if settings.mirror else degrees)) % 360


def moved(zone: Sequence[Point], before: PictureSettings, after: PictureSettings) -> tuple[Point, ...]:
    """Where a zone, drawn on a picture as `before` shows it, is on the picture as `after` shows it. Points are shares
    of width and height; they do not depend on `aspect`."""
    points = [(1 - x, y) if before.mirror else (x, y) for x, y in zone]
    for _ in range((after.rotate - before.rotate) % 360 // 90):
        points = [(1 - y, x) for x, y in points]
    points = [(1 - x, y) if after.mirror else (x, y) for x, y in points]
    return tuple((round(x, 4), round(y, 4)) for x, y in points)
