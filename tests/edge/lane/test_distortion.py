"""A picture that is squeezed or stretched is noticed by its size, or by the faces of many people."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import numpy as np
import pytest

from edge.frames import Frame
from edge.lane.distortion import LEAST_PEOPLE, Distortion
from edge.settings.sections import PictureSettings
from edge.vision.faces import Faces
from tests.edge.people import Person, faces_of

AS_SENT = PictureSettings()
NATURAL_SPREAD = 0.09
"""Standard deviation of the logarithm of the breadths of natural faces."""


def frame_of(width: int, height: int, original: tuple[int, int] | None = None) -> Frame:
    """A frame of this size; original: width and height before the settings changed it."""
    before = np.zeros((*original[::-1], 3), np.uint8) if original else None
    return Frame(np.zeros((height, width, 3), np.uint8), 0.0, 0, "lane-1", before)


def face(track: int, breadth: float, *reasons: str) -> Faces:
    return faces_of(Person(track, reasons=reasons)).with_(breadths=np.array([breadth], np.float32))


def show(distortion: Distortion, breadths: Iterable[float], first_track: int = 1, *reasons: str) -> None:
    """One person after the other, each sampled three times."""
    for track, breadth in enumerate(breadths, first_track):
        for _ in range(3):
            distortion.add(face(track, breadth, *reasons), "lane-1")


def people(squeeze: float, count: int, seed: int = 0) -> list[float]:
    """The breadths of some people in a picture with this squeeze."""
    random = np.random.default_rng(seed)
    return list(0.96 * squeeze * np.exp(random.normal(0, NATURAL_SPREAD, count)))


@pytest.fixture
def watched() -> Distortion:
    """A lane with a picture of 640x480, as the camera sends it."""
    distortion = Distortion(AS_SENT)
    distortion.see(frame_of(640, 480))
    return distortion


@pytest.mark.parametrize(
    ("size", "shapes"), [((704, 480), "4:3 or 16:9"), ((704, 288), "4:3 or 16:9"), ((960, 1080), "16:9")]
)
def test_a_size_that_only_squeezed_pictures_have_is_a_problem(size: tuple[int, int], shapes: str) -> None:
    distortion = Distortion(AS_SENT)
    distortion.see(frame_of(*size))
    assert f"{size[0]}x{size[1]}" in distortion.problem
    assert distortion.problem.endswith(f"set picture.aspect to {shapes}")


def test_the_size_counts_before_the_picture_is_turned() -> None:
    distortion = Distortion(PictureSettings(rotate=90))
    distortion.see(frame_of(480, 704, original=(704, 480)))
    assert "704x480" in distortion.problem


def test_with_its_shape_set_a_size_is_no_problem() -> None:
    distortion = Distortion(PictureSettings(aspect="4:3"))
    distortion.see(frame_of(640, 480, original=(704, 480)))
    assert distortion.problem == ""


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (1440, 1080), (352, 288)])
def test_a_size_that_pictures_with_square_pixels_have_is_no_problem(size: tuple[int, int]) -> None:
    distortion = Distortion(AS_SENT)
    distortion.see(frame_of(*size))
    assert distortion.problem == ""


def test_a_camera_that_changes_to_another_size_is_judged_anew(watched: Distortion) -> None:
    show(watched, people(0.75, 30))
    assert watched.problem
    watched.see(frame_of(1280, 720))
    assert watched.problem == ""
    watched.see(frame_of(704, 576))
    assert "704x576" in watched.problem


@pytest.mark.parametrize(("squeeze", "looks", "shape"), [(0.75, "too thin", "16:9"), (1.33, "too broad", "1:1")])
def test_the_faces_of_many_people_show_a_squeezed_picture_and_its_likely_shape(
    squeeze: float, looks: str, shape: str, watched: Distortion
) -> None:
    show(watched, people(squeeze, LEAST_PEOPLE - 1))
    assert watched.problem == "", "too few people"
    show(watched, people(squeeze, 1), first_track=1000)
    assert looks in watched.problem
    assert watched.problem.endswith(f"set picture.aspect, probably to {shape}")


def test_a_picture_that_is_turned_afterwards_is_squeezed_the_other_way() -> None:
    distortion = Distortion(PictureSettings(rotate=90))
    distortion.see(frame_of(480, 640, original=(640, 480)))
    show(distortion, people(0.75, LEAST_PEOPLE))
    assert distortion.problem.endswith("probably to 1:1")


@pytest.mark.parametrize("seed", range(10))
def test_natural_faces_are_no_problem_however_long_the_lane_runs(seed: int, watched: Distortion) -> None:
    for track, breadth in enumerate(people(1.0, 300, seed)):
        show(watched, [breadth], first_track=track)
        assert watched.problem == ""


@pytest.mark.parametrize("squeeze", [0.825, 0.75, 0.5])
def test_the_squeezes_of_recorders_are_noticed_by_the_faces_of_20_people(squeeze: float) -> None:
    for seed in range(10):
        distortion = Distortion(AS_SENT)
        distortion.see(frame_of(640, 480))
        show(distortion, people(squeeze, LEAST_PEOPLE, seed))
        assert distortion.problem


def test_one_person_counts_once_however_long(watched: Distortion) -> None:
    for _ in range(1000):
        watched.add(face(1, 0.7), "lane-1")
    assert watched.problem == ""


def test_a_face_that_another_limit_rejects_does_not_count_but_a_distorted_one_does(watched: Distortion) -> None:
    show(watched, people(0.7, 40), 1, "turned")
    assert watched.problem == ""
    show(watched, people(0.7, 40), 1, "distorted")
    assert watched.problem


def test_faces_that_were_not_measured_do_not_count(watched: Distortion) -> None:
    show(watched, [float("nan")] * 40)
    assert watched.problem == ""


def test_the_problem_ends_when_the_people_of_a_camera_that_was_set_right_are_natural(watched: Distortion) -> None:
    show(watched, people(0.8, 50))
    assert watched.problem
    show(watched, people(1.0, 50), first_track=100)
    assert watched.problem == ""


def test_it_is_logged_once_when_it_begins_and_once_when_it_ends(
    watched: Distortion, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    show(watched, people(0.8, 50))
    show(watched, people(1.0, 50), first_track=100)
    begins, ends = [record.getMessage() for record in caplog.records]
    assert begins.startswith("the picture (640x480) is squeezed")
    assert "natural proportions again" in ends
