"""The pipeline rejects every face while the picture is known to be squeezed, and estimates no age."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.demo.clip import clip_frames
from edge.frames import Frame
from edge.frames.geometry import as_set
from edge.lane.pipeline import Pipeline
from edge.vision.faces import AGES, Faces
from tests.edge.people import settings_with


class CountingModel:
    """Predicts every age alike, and counts the faces."""

    backend = "counting"

    def __init__(self) -> None:
        self.faces = 0

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.faces += len(crops)
        return np.full((len(crops), AGES), 1 / AGES, np.float32)


@pytest.fixture(scope="module")
def standing() -> list[NDArray[np.uint8]]:
    """Someone stands at the till: a second of the drawn clip, 640x480."""
    return list(itertools.islice(clip_frames(), 90, 120, 3))


def frames(pictures: list[NDArray[np.uint8]], size: tuple[int, int]) -> Iterator[Frame]:
    for number, pixels in enumerate(pictures):
        yield Frame(np.asarray(cv2.resize(pixels, size), np.uint8), number / 10, number, "lane-1")


def run(pictures: list[NDArray[np.uint8]], size: tuple[int, int], **settings: object) -> tuple[Pipeline, Faces, int]:
    """The pipeline after all pictures, the faces of the last one, and how many ages were estimated."""
    model, made = CountingModel(), settings_with(**settings)
    pipeline, faces = Pipeline(made, model), Faces()
    for frame in frames(pictures, size):
        seen = as_set(frame, made.picture)
        faces = pipeline.process(seen, lambda faces, _: np.ones(len(faces), bool), estimate_ages=True)
    pipeline.close()
    return pipeline, faces, model.faces


def test_in_a_squeezed_size_no_age_is_estimated(standing: list[NDArray[np.uint8]]) -> None:
    pipeline, faces, estimated = run(standing, (704, 480))
    assert "704x480" in pipeline.distortion.problem
    assert faces.reasons == (("distorted",),)
    assert estimated == 0
    assert pipeline.counts.rejections["distorted"] > 0


def test_with_its_shape_set_ages_are_estimated(standing: list[NDArray[np.uint8]]) -> None:
    pipeline, faces, estimated = run(standing, (704, 480), picture={"aspect": "4:3"})
    assert (pipeline.distortion.problem, faces.reasons) == ("", ((),))
    assert estimated > 0


def test_a_face_in_a_strongly_squeezed_picture_is_rejected_by_itself(standing: list[NDArray[np.uint8]]) -> None:
    pipeline, faces, estimated = run(standing, (440, 480))
    assert pipeline.distortion.problem == "", "one person proves nothing about the picture"
    assert faces.reasons == (("distorted",),)
    assert estimated == 0


def test_new_settings_start_the_watch_anew(standing: list[NDArray[np.uint8]]) -> None:
    pipeline, _, _ = run(standing, (704, 480))
    pipeline.change(settings_with(picture={"aspect": "4:3"}), CountingModel())
    assert pipeline.distortion.problem == ""
