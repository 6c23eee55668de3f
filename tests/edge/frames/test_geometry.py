"""Square pixels, and pictures turned, mirrored and scaled as the settings say."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.demo.clip import clip_frames
from edge.frames import Frame
from edge.frames.geometry import as_set, moved, rotation_after, scaled, size_with_square_pixels, turned
from edge.settings.sections import DetectorName, PictureSettings
from edge.vision.crop import align
from edge.vision.detectors import make_detector
from edge.vision.faces import LEFT_EYE, MOUTH, RIGHT_EYE
from tests.edge.people import settings_with

Pixels = NDArray[np.uint8]

sides = st.integers(1, 40)
aspects = st.fractions(Fraction(1, 4), 4, max_denominator=100)


@st.composite
def pictures(draw: st.DrawFn) -> Pixels:
    height, width, seed = draw(sides), draw(sides), draw(st.integers(0, 2**32 - 1))
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def seen(pixels: Pixels, **picture: object) -> Pixels:
    return as_set(Frame(pixels, 0.0, 0, "lane-1"), settings_with(picture=picture).picture).pixels


@pytest.mark.parametrize(
    ("width", "height", "pixel_aspect", "square"),
    [
        (704, 480, Fraction(40, 33), (704, 396)),
        (704, 480, Fraction(10, 11), (640, 480)),
        (704, 576, Fraction(12, 11), (704, 528)),
        (704, 288, Fraction(6, 11), (384, 288)),
        (960, 1080, Fraction(2), (960, 540)),
        (352, 576, Fraction(24, 11), (352, 264)),
        (1440, 1080, Fraction(4, 3), (1440, 810)),
        (640, 480, Fraction(1), (640, 480)),
        (640, 480, None, (640, 480)),
    ],
)
def test_pixels_become_square_by_shrinking_their_longer_side(
    width: int, height: int, pixel_aspect: Fraction | None, square: tuple[int, int]
) -> None:
    assert size_with_square_pixels(width, height, pixel_aspect) == square


@pytest.mark.parametrize("damaged", [Fraction(1, 5), Fraction(41, 10), Fraction(255, 1), Fraction(0), Fraction(-4, 3)])
def test_an_aspect_that_no_camera_has_is_ignored(damaged: Fraction) -> None:
    assert size_with_square_pixels(640, 480, damaged) == (640, 480)


def test_a_size_rounded_up_to_whole_blocks_is_not_scaled() -> None:
    picture = np.zeros((1088, 1920, 3), np.uint8)
    assert seen(picture, aspect="16:9") is picture


@given(st.integers(16, 4000), st.integers(16, 4000), aspects)
def test_scaling_never_enlarges_and_gives_the_declared_shape(width: int, height: int, pixel_aspect: Fraction) -> None:
    wide, high = size_with_square_pixels(width, height, pixel_aspect)
    assert wide <= width
    assert high <= height
    assert wide == width or high == height
    # Half a pixel of rounding on the shorter side, and 1 % that counts as square.
    assert wide / high == pytest.approx(float(pixel_aspect) * width / height, rel=0.01 + 0.5 / min(wide, high))


@given(pictures())
def test_a_picture_turned_four_times_is_itself(picture: Pixels) -> None:
    once = turned(picture, 90)
    assert once.shape == (picture.shape[1], picture.shape[0], 3)
    assert (turned(once, 90) == turned(picture, 180)).all()
    assert (turned(turned(once, 90), 90) == turned(picture, 270)).all()
    assert (turned(turned(picture, 270), 90) == picture).all()
    assert (turned(turned(picture, 180), 180) == picture).all()


def test_a_turn_is_clockwise() -> None:
    picture = np.zeros((2, 3, 3), np.uint8)
    picture[0, 0] = 255
    assert np.argwhere(turned(picture, 90)[..., 0]).tolist() == [[0, 1]]
    assert np.argwhere(turned(picture, -90)[..., 0]).tolist() == [[2, 0]]


@given(pictures())
def test_a_picture_mirrored_twice_is_itself(picture: Pixels) -> None:
    assert (seen(seen(picture, mirror=True), mirror=True) == picture).all()
    assert (seen(picture, mirror=True) == picture[:, ::-1]).all()


@given(pictures(), st.sampled_from([0, 90, 180, 270]))
def test_a_picture_is_turned_before_it_is_mirrored(picture: Pixels, rotate: int) -> None:
    assert (seen(picture, rotate=rotate, mirror=True) == turned(picture, rotate)[:, ::-1]).all()


def test_the_aspect_is_that_of_the_picture_before_it_is_turned() -> None:
    assert seen(np.zeros((480, 704, 3), np.uint8), aspect="16:9", rotate=90).shape == (704, 396, 3)


@given(
    st.lists(st.tuples(*[st.integers(0, 100).map(lambda part: part / 100)] * 2), min_size=1, max_size=6),
    *[st.builds(PictureSettings, rotate=st.sampled_from([0, 90, 180, 270]), mirror=st.booleans())] * 2,
)
def test_a_zone_stays_where_it_was_drawn_when_the_picture_is_turned_or_mirrored(
    zone: list[tuple[float, float]], before: PictureSettings, after: PictureSettings
) -> None:
    as_sent = Frame(np.zeros((101, 101, 3), np.uint8), 0.0, 0, "lane-1")

    def picture_with(points: Sequence[tuple[float, float]]) -> Pixels:
        pixels = np.zeros((101, 101, 3), np.uint8)
        for x, y in points:
            pixels[round(100 * y), round(100 * x)] = 255
        return pixels

    # The zone that was drawn on the picture as `before` shows it, in the picture as the camera sends it.
    marked = picture_with(moved(zone, before, PictureSettings()))
    assert (as_set(replace(as_sent, pixels=marked), before).pixels == picture_with(zone)).all()
    assert (as_set(replace(as_sent, pixels=marked), after).pixels == picture_with(moved(zone, before, after))).all()
    assert np.allclose(moved(moved(zone, before, after), after, before), zone)


def test_a_frame_without_settings_stays_the_same_and_a_changed_one_keeps_its_original() -> None:
    frame = Frame(np.zeros((480, 704, 3), np.uint8), 1.5, 7, "lane-1")
    assert as_set(frame, PictureSettings()) is frame
    changed = as_set(frame, PictureSettings(aspect="4:3"))
    assert changed.original is frame.pixels
    assert (changed.grab_s, changed.sequence, changed.lane) == (1.5, 7, "lane-1")
    assert changed.pixels.shape == (480, 640, 3)


@pytest.mark.parametrize("name", ["mediapipe-full", "yunet"])
@pytest.mark.parametrize("squeeze", [0.5, 0.75, 0.825, 1.5, 2.0])
def test_scaling_gives_a_face_its_proportions_back(squeeze: float, name: DetectorName) -> None:
    picture = next(itertools.islice(clip_frames(), 120, None))
    # A recorder stores 640x480 with fewer or more columns, and does not say so.
    restored = seen(scaled(picture, (round(640 * squeeze), 480)), aspect="4:3")
    detector = make_detector(name)
    try:
        (before, after) = (scaled(pixels, restored.shape[1::-1]) for pixels in (picture, restored))
        found = [detector.detect(pixels).keypoints[0] for pixels in (before, after)]
    finally:
        detector.close()
    assert proportion(found[1]) == pytest.approx(proportion(found[0]), rel=0.03)
    # All of the face is where it was.
    assert np.abs(align(before, found[0]).astype(int) - align(after, found[0])).mean() < 4


def proportion(keypoints: NDArray[np.floating]) -> float:
    """Distance of the eyes over the distance from the eyes to the mouth."""
    right, left, mouth = keypoints[[RIGHT_EYE, LEFT_EYE, MOUTH]]
    return float(np.linalg.norm(left - right) / np.linalg.norm(mouth - (right + left) / 2))


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@given(pictures(), st.sampled_from((0, 90, 180, 270)), st.booleans())
def test_the_rotation_after_a_turn_shows_what_that_turn_shows(
    degrees: int, picture: Pixels, rotate: int, mirror: bool
) -> None:
    before = settings_with(picture={"rotate": rotate, "mirror": mirror}).picture
    wanted = turned(seen(picture, rotate=rotate, mirror=mirror), degrees)
    assert (seen(picture, rotate=rotation_after(before, degrees), mirror=mirror) == wanted).all()
