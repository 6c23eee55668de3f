"""A clip is decided about alike, whatever shape its pixels were stored in, if that is declared or set."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.commands import EdgeAgent, Run
from tests.edge.frames.videos import Pixels, write_video

pytestmark = pytest.mark.slow


def pictures(recording: Path, width: int, height: int) -> Iterator[Pixels]:
    """The first ten seconds of a recording of 640x480, scaled to this size."""
    source = cv2.VideoCapture(str(recording))
    while (read := source.read())[0]:
        yield np.asarray(cv2.resize(read[1], (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    source.release()


def decisions(run: Run) -> tuple[list[str], float]:
    """The decisions in their order, and the mean of the ages that they are based on."""
    assert run.code == 0, run.err
    alerts = run.of_type("lane.alert")
    return [alert["decision"] for alert in alerts], float(np.mean([alert["age"]["mean"] for alert in alerts]))


@pytest.mark.parametrize("recording", ["hungry.mkv", "school.mkv"])
def test_a_squeezed_clip_gives_the_decisions_of_the_square_one(
    recording: str, recordings: Path, tmp_path: Path, edge_agent: EdgeAgent
) -> None:
    clip, squeezed = recordings / recording, (528, 480)  # pixels of 40:33

    def replay(file: Path, *flags: object) -> tuple[list[str], float]:
        return decisions(edge_agent("--video", file, "--replay", "--mode", "continuous", "--events", "-", *flags))

    square = replay(write_video(tmp_path / "square.mp4", itertools.islice(pictures(clip, 528, 396), 200)))
    stored = list(itertools.islice(pictures(clip, *squeezed), 200))
    declared = replay(write_video(tmp_path / "declared.mp4", stored, Fraction(40, 33)))
    undeclared = write_video(tmp_path / "undeclared.mp4", stored)
    as_set = replay(undeclared, "--picture.aspect", "4:3")
    assert declared[0] == as_set[0] == square[0]
    assert square[0]
    assert declared[1] == pytest.approx(square[1], abs=1.5)
    assert as_set[1] == pytest.approx(square[1], abs=1.5)


def test_a_clip_turned_and_mirrored_gives_the_decisions_of_the_upright_one(
    recordings: Path, tmp_path: Path, edge_agent: EdgeAgent
) -> None:
    upright = list(itertools.islice(pictures(recordings / "hungry.mkv", 640, 480), 200))
    on_its_side = [np.ascontiguousarray(np.rot90(picture)[:, ::-1]) for picture in upright]
    replays = [
        decisions(edge_agent("--video", file, "--replay", "--mode", "continuous", "--events", "-", *flags))
        for file, flags in (
            (write_video(tmp_path / "upright.mp4", upright), ()),
            (write_video(tmp_path / "side.mp4", on_its_side), ("--picture.rotate", 270, "--picture.mirror")),
        )
    ]
    assert replays[0][0] == replays[1][0]
    assert replays[1][1] == pytest.approx(replays[0][1], abs=1.5)


def test_a_size_that_only_squeezed_pictures_have_gives_unknown_until_its_shape_is_set(
    recordings: Path, tmp_path: Path, edge_agent: EdgeAgent
) -> None:
    stored = write_video(
        tmp_path / "recorder.mp4", itertools.islice(pictures(recordings / "hungry.mkv", 704, 480), 150)
    )
    run = edge_agent("--video", stored, "--replay", "--mode", "continuous", "--events", "-")
    assert [(alert["decision"], alert["reasons"]) for alert in run.of_type("lane.alert")] == [
        ("UNKNOWN", ["distorted"])
    ]
    assert "704x480" in run.err
    assert "set picture.aspect to 4:3 or 16:9" in run.err
    run = edge_agent("--video", stored, "--replay", "--mode", "continuous", "--events", "-", "--picture.aspect", "4:3")
    assert {alert["decision"] for alert in run.of_type("lane.alert")} == {"CHALLENGE"}
