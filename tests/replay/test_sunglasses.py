"""People whose eyes are hidden are asked for ID, however old they look."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.vision.faces import LEFT_EYE, RIGHT_EYE
from edge.vision.stills import StillFaceFinder
from tests.commands import EdgeAgent
from tests.edge.frames.videos import Pixels, write_video
from train.sunglasses import with_sunglasses

pytestmark = pytest.mark.slow

_BLACK = 25


def in_sunglasses(recording: Path) -> Iterator[Pixels]:
    """The pictures of a recording, with sunglasses on every face that is found."""
    source = cv2.VideoCapture(str(recording))
    with closing(StillFaceFinder()) as finder:
        while (read := source.read())[0]:
            picture = np.asarray(read[1], np.uint8)
            for keypoints in finder.find(picture).keypoints:
                picture = with_sunglasses(picture, keypoints[[RIGHT_EYE, LEFT_EYE]], _BLACK)
            yield picture
    source.release()


@pytest.mark.parametrize("recording", ["hungry.mkv", "bird.mkv"])
def test_somebody_in_sunglasses_is_asked_and_the_alert_says_why(
    recording: str, recordings: Path, tmp_path: Path, edge_agent: EdgeAgent
) -> None:
    clip = write_video(tmp_path / "sunglasses.mp4", itertools.islice(in_sunglasses(recordings / recording), 150))
    run = edge_agent("--video", clip, "--replay", "--mode", "continuous", "--events", "-")
    alerts = run.of_type("lane.alert")
    assert {alert["decision"] for alert in alerts} == {"UNKNOWN"}, run.err
    assert "eyes-covered" in alerts[0]["reasons"]
    assert "глаз не видно" in alerts[0]["text"]["ru"]
