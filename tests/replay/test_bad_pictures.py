"""A recording of bad quality gives UNKNOWN, never a wrong age."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.commands import EdgeAgent

pytestmark = pytest.mark.slow

Picture = NDArray[np.uint8]


def blurred(picture: Picture) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 7), np.uint8)


def dark(picture: Picture) -> Picture:
    noise = np.random.default_rng(0).normal(0, 2, picture.shape)
    return np.asarray(np.clip(picture * 0.22 + noise, 0, 255), np.uint8)


def bright(picture: Picture) -> Picture:
    return np.asarray(np.clip(picture * 1.6 + 120, 0, 255), np.uint8)


def small(picture: Picture) -> Picture:
    """The customer at three times the distance."""
    far = cv2.resize(picture, None, fx=0.3, fy=0.3, interpolation=cv2.INTER_AREA)
    height, width = picture.shape[:2]
    top, left = (height - len(far)) // 2, (width - far.shape[1]) // 2
    wall = np.full_like(picture, 120)
    wall[top : top + len(far), left : left + far.shape[1]] = far
    return wall


@pytest.mark.parametrize("worse", [blurred, dark, bright, small])
def test_a_bad_picture_gives_unknown_and_no_age(
    worse: Callable[[Picture], Picture], recordings: Path, tmp_path: Path, edge_agent: EdgeAgent
) -> None:
    clip = tmp_path / "worse.avi"
    source = cv2.VideoCapture(str(recordings / "again.mkv"))
    written = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 30, (640, 480))
    while (read := source.read())[0]:
        written.write(worse(np.asarray(read[1], np.uint8)))
    written.release()
    run = edge_agent("--video", clip, "--replay", "--mode", "continuous", "--events", "-")
    assert run.code == 0, run.err
    assert run.of_type("lane.state"), "the lane ran"
    alerts = run.of_type("lane.alert")
    assert [(alert["decision"], alert["age"]) for alert in alerts] == [("UNKNOWN", None)] * len(alerts)
    assert all(worse.__name__ in alert["reasons"] for alert in alerts)
    # In a white picture no face is detected, so there may be no customer.
    assert alerts or worse is bright
