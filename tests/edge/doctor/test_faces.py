"""What the camera sees of the customer: there, lit, sharp, large and turned to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from edge.doctor.checks import LANE_CHECKS
from edge.doctor.faces import customer, face_size, focus, light, looks
from edge.doctor.finding import Check, Finding
from edge.doctor.targets import LaneSide

MakeLane = Callable[..., LaneSide]
Find = Callable[..., Finding]
Clip = Callable[..., Path]


def dark(pixels: Any) -> Any:
    return pixels * 0.2


def bright(pixels: Any) -> Any:
    return 255 - (255 - pixels.astype(float)) * 0.15


def blurred(pixels: Any) -> Any:
    return cv2.GaussianBlur(pixels, (0, 0), 5)


def test_somebody_who_stands_there_as_they_should_is_well_seen(lane: MakeLane, found: Find, clip: Clip) -> None:
    one = lane(video=clip())
    lines = {check.name: found(check, one) for check in (customer, light, focus, face_size, looks)}
    assert {line.verdict for line in lines.values()} == {"ok"}, lines
    assert lines["customer"].seen.startswith("a face in the zone in ")
    assert lines["face size"].seen.endswith("pixels between the eyes; at least 16 are used, 24 are safe")


@pytest.mark.parametrize(
    ("change", "check", "mend"),
    [
        (dark, light, "switch a lamp on"),
        (bright, light, "no lamp or sun shines straight on faces"),
        (blurred, focus, "turn its ring"),
    ],
)
def test_a_picture_that_tells_no_age_is_told_with_its_own_mend(
    change: Callable[[Any], Any], check: Check[LaneSide], mend: str, lane: MakeLane, found: Find, clip: Clip
) -> None:
    one = lane(video=clip(change))
    line = found(check, one)
    assert (line.verdict, mend in line.mend) == ("problem", True), line
    assert found(looks, one).verdict == "problem"


@pytest.mark.parametrize(("least", "verdict"), [(16, "ok"), (30, "warning"), (45, "problem")])
def test_small_faces_are_told(least: float, verdict: str, lane: MakeLane, found: Find, clip: Clip) -> None:
    """The eyes in the clip are 37 pixels apart."""
    line = found(face_size, lane(video=clip(), quality={"min_eye_distance_px": least}))
    assert (line.verdict, int(line.seen.split()[0])) == (verdict, pytest.approx(37, abs=2))
    assert verdict == "ok" or line.mend.startswith("bring the camera nearer")


def test_nobody_there_is_a_warning_that_asks_for_somebody(lane: MakeLane, found: Find) -> None:
    one = lane(camera="test:")
    assert "nobody was seen in" in found(customer, one).seen
    for check in (light, focus, face_size, looks):
        line = found(check, one)
        assert (line.verdict, line.seen) == ("warning", "not checked: nobody was seen in the zone")
        assert line.mend.startswith("let somebody stand where the customers do")


def test_somebody_beside_the_zone_is_a_warning_that_asks_to_draw_it_anew(
    lane: MakeLane, found: Find, clip: Clip
) -> None:
    line = found(customer, lane(video=clip(), zone=((0, 0), (0.2, 0), (0.2, 1))))
    assert (line.verdict, "none of them in the zone" in line.seen) == ("warning", True)
    assert line.mend.startswith("draw the zone anew")


def test_a_zone_too_dark_to_find_anybody_is_a_problem_of_light(lane: MakeLane, found: Find, clip: Clip) -> None:
    line = found(light, lane(video=clip(lambda pixels: pixels * 0.05)))
    assert (line.verdict, "too dark to find a face" in line.seen) == ("problem", True)


def test_the_list_of_checks_names_each_once_and_after_what_it_needs() -> None:
    names = [check.name for check in LANE_CHECKS]
    assert len(set(names)) == len(names)
    for number, check in enumerate(LANE_CHECKS):
        assert set(check.after) <= set(names[:number])
