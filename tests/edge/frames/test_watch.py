"""What the watch makes of pictures: noise is life, everything else is no view of the lane."""

from __future__ import annotations

import timeit

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.frames.watch import BLACK, FROZEN, ONE_COLOUR, PictureWatch
from tests.cameras.rtsp import Pixels, encoder, scene

FRAME_S = 1 / 30


def look(watch: PictureWatch, pictures: list[Pixels], start_s: float = 0.0, frame_s: float = FRAME_S) -> list[str]:
    """What is wrong with each of some pictures that follow one another."""
    return [watch.fault(pixels, start_s + number * frame_s) for number, pixels in enumerate(pictures)]


def lane(count: int, width: int = 640, height: int = 480) -> list[Pixels]:
    return [scene(number, width, height) for number in range(count)]


def through_h264(pictures: list[Pixels]) -> list[Pixels]:
    """What is left of pictures of 320x240 after a camera's encoder and a decoder, with a key frame each second."""
    encode, decoder = encoder(320, 240), av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_type = "SLICE"
    frames = [frame for pixels in pictures for frame in decoder.decode(av.Packet(encode(pixels)))]
    return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in frames]


def flat(*levels: int) -> Pixels:
    return np.full((480, 640, 3), levels, np.uint8)


def with_noise(pixels: Pixels, spread: float, seed: int) -> Pixels:
    noise: NDArray[np.float64] = np.random.default_rng(seed).normal(0, spread, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def test_a_lane_is_live_from_the_third_picture_on() -> None:
    assert look(PictureWatch(), lane(10)) == [FROZEN] * 2 + [""] * 8


@pytest.mark.parametrize("frames_per_second", [5, 10, 30])
def test_a_lane_is_live_at_any_frame_rate_that_it_may_have(frames_per_second: float) -> None:
    assert not any(look(PictureWatch(), lane(15), frame_s=1 / frames_per_second)[2:])


def test_a_picture_that_repeats_the_one_before_is_frozen_at_once_and_the_next_new_one_is_not() -> None:
    watch = PictureWatch()
    look(watch, lane(10))
    one, two = lane(12)[10:]
    assert look(watch, [one, one, one, two, two], 10 * FRAME_S) == ["", FROZEN, FROZEN, "", FROZEN]


def test_a_camera_that_sends_every_picture_twice_gives_each_of_them_once() -> None:
    twice = [pixels for pixels in lane(20) for _ in range(2)]
    assert look(PictureWatch(), twice)[6:] == ["", FROZEN] * 17


def test_after_a_still_picture_the_lane_is_believed_with_its_third_new_picture() -> None:
    watch, pictures = PictureWatch(), lane(10)
    look(watch, [pictures[0]] * 60)
    assert look(watch, pictures[1:6], 60 * FRAME_S) == [FROZEN, FROZEN, "", "", ""]


def test_a_picture_that_froze_before_it_was_encoded_is_frozen_although_key_frames_differ() -> None:
    live, then_frozen = lane(30, 320, 240), [scene(29, 320, 240)] * 90
    faults = look(PictureWatch(), through_h264([*live, *then_frozen]))
    assert not any(faults[2:30])
    assert set(faults[60:]) == {FROZEN}, "two thirds of a second later nothing of it passes, not even its key frames"


def test_somebody_who_stands_still_is_live_through_an_encoder_too() -> None:
    def sway(number: int) -> Pixels:
        texture = np.random.default_rng(7).integers(40, 220, (9, 9), np.uint8)
        person = np.kron(texture, np.ones((8, 8), np.uint8))
        pixels = scene(0, 320, 240)
        left = 120 + round(np.sin(number / 5))
        pixels[80:152, left : left + 72] = person[:, :, None]
        return with_noise(pixels, 1.0, number)

    faults = look(PictureWatch(), through_h264([sway(number) for number in range(90)]))
    passed_s = [number * FRAME_S for number, fault in enumerate(faults) if not fault]
    assert max(np.diff(passed_s)) < 0.7


@pytest.mark.parametrize("light", [0, 10])
def test_a_covered_lens_is_black_with_the_noise_that_it_has_and_without(light: int) -> None:
    covered = [with_noise(flat(light, light, light), 3.0, seed) for seed in range(5)]
    assert look(PictureWatch(), [*covered, flat(light, light, light)]) == [BLACK] * 6


@pytest.mark.parametrize("colour", [(200, 40, 20), (255, 255, 255), (128, 128, 128)])
def test_a_picture_of_one_colour_is_none(colour: tuple[int, int, int]) -> None:
    assert look(PictureWatch(), [with_noise(flat(*colour), 2.0, seed) for seed in range(5)]) == [ONE_COLOUR] * 5


def test_a_dark_lane_is_no_black_picture() -> None:
    dark = [(pixels // 6 + 4).astype(np.uint8) for pixels in lane(10)]
    assert not any(look(PictureWatch(), [with_noise(pixels, 2.0, seed) for seed, pixels in enumerate(dark)])[2:])


def test_a_new_resolution_is_a_new_picture() -> None:
    watch = PictureWatch()
    look(watch, lane(10))
    assert look(watch, lane(3, 1280, 720), 10 * FRAME_S) == ["", "", ""]


def test_a_look_costs_a_fraction_of_a_millisecond() -> None:
    watch, (one, two) = PictureWatch(), lane(2)

    def both() -> None:
        watch.fault(one, 0.0)
        watch.fault(two, 0.0)

    assert min(timeit.repeat(both, number=20, repeat=5)) / 40 < 0.3e-3
