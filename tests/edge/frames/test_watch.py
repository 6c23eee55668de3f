"""The picture watch: a live picture has noise; other pictures are faults."""

from __future__ import annotations

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.frames.watch import BLACK, DAMAGED, FROZEN, ONE_COLOUR, TOO_FEW, PictureWatch
from tests.cameras.rtsp import Pixels, encoder, scene

FRAME_S = 1 / 30


def faults_of(watch: PictureWatch, pictures: list[Pixels], start_s: float = 0.0, frame_s: float = FRAME_S) -> list[str]:
    """The fault of each picture in a sequence."""
    return [watch.fault(pixels, start_s + number * frame_s) for number, pixels in enumerate(pictures)]


def lane(count: int, width: int = 640, height: int = 480) -> list[Pixels]:
    return [scene(number, width, height) for number in range(count)]


def through_h264(pictures: list[Pixels]) -> list[Pixels]:
    """320x240 pictures after encoding and decoding, with a key frame each second."""
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
    assert faults_of(PictureWatch(), lane(10)) == [TOO_FEW] * 2 + [""] * 8


@pytest.mark.parametrize("frames_per_second", [3, 5, 10, 30])
def test_a_lane_is_live_at_any_allowed_frame_rate(frames_per_second: float) -> None:
    assert not any(faults_of(PictureWatch(), lane(15), frame_s=1 / frames_per_second)[2:])


@pytest.mark.parametrize("rate", [0.2, 1.0, 2.0])
def test_a_slow_camera_is_reported_with_its_rate_and_none_of_its_pictures_passes(rate: float) -> None:
    slow = (
        f"the camera gives {rate} pictures a second, 3 are needed: set its frame rate to 25, switch off its long "
        "exposure (slow shutter), check the network"
    )
    assert faults_of(PictureWatch(), lane(10), frame_s=1 / rate) == [TOO_FEW] * 2 + [slow] * 8


def test_a_quick_camera_that_becomes_slow_is_reported_and_passes_when_it_is_quick_again() -> None:
    watch, pictures = PictureWatch(), lane(60)
    faults_of(watch, pictures[:30])
    faults = faults_of(watch, pictures[30:40], start_s=2.0, frame_s=1.0)
    assert [fault.split(",")[0] for fault in faults[-4:]] == ["the camera gives 1.0 pictures a second"] * 4
    recovered = [bool(fault) for fault in faults_of(watch, pictures[40:], start_s=12.0)]
    assert recovered == [True] * 2 + [False] * 18


def test_a_slow_camera_that_is_covered_is_black_or_of_one_colour_and_one_that_repeats_itself_is_frozen() -> None:
    watch = PictureWatch()
    faults_of(watch, lane(6), frame_s=1.0)
    covered = [with_noise(flat(0, 0, 0), 3.0, seed) for seed in range(4)]
    assert faults_of(watch, covered, 6.0, 1.0) == [BLACK] * 4
    assert faults_of(watch, lane(1) * 4, 10.0, 1.0)[1:] == [FROZEN] * 3


def test_a_damaged_picture_is_a_fault_of_its_own_and_the_next_ones_pass() -> None:
    watch, pictures = PictureWatch(), lane(10)
    faults_of(watch, pictures[:5], frame_s=1 / 3)
    assert watch.fault(None, 2.0) == DAMAGED
    assert not any(faults_of(watch, pictures[5:], 2.3, 1 / 3))


def test_a_repeated_picture_is_frozen_at_once_and_the_next_new_picture_is_not() -> None:
    watch = PictureWatch()
    faults_of(watch, lane(10))
    first, second = lane(12)[10:]
    assert faults_of(watch, [first, first, first, second, second], 10 * FRAME_S) == ["", FROZEN, FROZEN, "", FROZEN]


def test_of_pictures_sent_twice_one_each_is_good() -> None:
    twice = [pixels for pixels in lane(20) for _ in range(2)]
    assert faults_of(PictureWatch(), twice)[6:] == ["", FROZEN] * 17


def test_a_frozen_fault_ends_with_the_third_new_picture() -> None:
    watch, pictures = PictureWatch(), lane(10)
    faults_of(watch, [pictures[0]] * 60)
    assert faults_of(watch, pictures[1:6], 60 * FRAME_S) == [FROZEN, FROZEN, "", "", ""]


def test_a_picture_that_froze_before_encoding_is_frozen_although_key_frames_differ() -> None:
    live, then_frozen = lane(30, 320, 240), [scene(29, 320, 240)] * 90
    faults = faults_of(PictureWatch(), through_h264([*live, *then_frozen]))
    assert not any(faults[2:30])
    assert set(faults[60:]) == {FROZEN}, "after two thirds of a second all are faults, even key frames"


def test_a_person_who_stands_still_is_live_after_encoding() -> None:
    def sway(number: int) -> Pixels:
        texture = np.random.default_rng(7).integers(40, 220, (9, 9), np.uint8)
        person = np.kron(texture, np.ones((8, 8), np.uint8))
        pixels = scene(0, 320, 240)
        left = 120 + round(np.sin(number / 5))
        pixels[80:152, left : left + 72] = person[:, :, None]
        return with_noise(pixels, 1.0, number)

    faults = faults_of(PictureWatch(), through_h264([sway(number) for number in range(90)]))
    passed_s = [number * FRAME_S for number, fault in enumerate(faults) if not fault]
    assert max(np.diff(passed_s)) < 0.7


@pytest.mark.parametrize("light", [0, 10])
def test_a_covered_lens_is_black_with_and_without_noise(light: int) -> None:
    covered = [with_noise(flat(light, light, light), 3.0, seed) for seed in range(5)]
    assert faults_of(PictureWatch(), [*covered, flat(light, light, light)]) == [BLACK] * 6


@pytest.mark.parametrize("colour", [(200, 40, 20), (255, 255, 255), (128, 128, 128)])
def test_a_picture_of_one_colour_is_a_fault(colour: tuple[int, int, int]) -> None:
    assert faults_of(PictureWatch(), [with_noise(flat(*colour), 2.0, seed) for seed in range(5)]) == [ONE_COLOUR] * 5


def test_a_dark_lane_is_not_black() -> None:
    dark = [(pixels // 6 + 4).astype(np.uint8) for pixels in lane(10)]
    assert not any(faults_of(PictureWatch(), [with_noise(pixels, 2.0, seed) for seed, pixels in enumerate(dark)])[2:])


def test_a_new_resolution_counts_as_a_change() -> None:
    watch = PictureWatch()
    faults_of(watch, lane(10))
    assert faults_of(watch, lane(3, 1280, 720), 10 * FRAME_S) == ["", "", ""]
