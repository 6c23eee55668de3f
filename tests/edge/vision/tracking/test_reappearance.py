"""Who is back: by place, size and motion. Faces here are 100 pixels wide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.vision.reappearance import Course, Sighting, goes_on, is_back

speeds = st.floats(-600, 600)


def course(
    from_s: float, x: float, y: float = 200.0, *, right: float = 0.0, down: float = 0.0, width: float = 100.0
) -> Course:
    """Seen in ten frames in 0.3 s from (x, y) on, moving at so many pixels/s."""
    times = [number / 30 for number in range(10)]
    first, *later = (Sighting(from_s + at_s, x + right * at_s, y + down * at_s, width) for at_s in times)
    seen = Course(first)
    for sighting in later:
        seen.see(sighting)
    return seen


def test_who_stood_is_back_where_they_stood() -> None:
    assert is_back(course(0, 300), course(1.5, 310))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"x": 360}, id="more than half a face width aside"),
        pytest.param({"x": 300, "y": 140}, id="taller"),
        pytest.param({"x": 300, "width": 125}, id="a step nearer"),
        pytest.param({"x": 300, "width": 80}, id="a step farther away"),
        pytest.param({"x": 300, "right": 200}, id="walking through"),
    ],
)
def test_whoever_is_otherwise_than_who_stood_there_is_another(other: dict[str, float]) -> None:
    assert not is_back(course(0, 300), course(1.0, **other))


def test_who_walks_on_behind_somebody_is_back_where_their_way_leads() -> None:
    going = course(0, 100, right=200)
    assert is_back(going, course(1.0, 300, right=200))
    assert is_back(going, course(1.0, 270, right=160)), "somewhat slower"
    assert not is_back(going, course(1.0, 100, right=200)), "somebody who follows"


def test_whoever_stands_where_somebody_walked_off_is_another() -> None:
    assert not is_back(course(0, 300, right=200), course(1.0, 360))


def test_whoever_comes_from_where_somebody_went_is_another() -> None:
    assert not is_back(course(0, 300, right=200), course(0.8, 360, right=-200))


def test_a_face_is_next_where_its_motion_leads() -> None:
    walking = course(0, 100, right=400)
    assert goes_on(walking, Sighting(0.5, 300, 200, 100))
    assert not goes_on(walking, Sighting(0.5, 220, 200, 100))


def test_whoever_sways_before_and_after_stood() -> None:
    assert is_back(course(0, 300, right=40, down=20), course(1.5, 310, right=-20, down=40))


def test_a_little_motion_before_and_after_makes_two_people() -> None:
    """Either might be swaying; both together are somebody's last steps away and somebody's first ones here."""
    assert is_back(course(0, 300, right=60), course(1.5, 300))
    assert is_back(course(0, 300), course(1.5, 300, right=-60))
    assert not is_back(course(0, 300, right=60), course(1.5, 300, right=-60))


def test_going_is_the_motion_of_the_last_moments_and_coming_that_of_the_first() -> None:
    seen = course(0, 300)
    for number in range(12):
        seen.see(Sighting(0.3 + number / 30, 300 + number * 10, 200, 100))
    assert seen.coming == (0.0, 0.0)
    assert seen.going[0] == pytest.approx(3.0, rel=0.05)


def test_how_a_face_came_is_known_when_it_has_been_seen_for_a_fifth_of_a_second() -> None:
    seen = Course(Sighting(1.0, 300, 200, 100))
    seen.see(Sighting(1.1, 320, 200, 100))
    assert not seen.arrived
    seen.see(Sighting(1.2, 340, 200, 100))
    assert seen.arrived
    assert seen.coming[0] == pytest.approx(2.0)


@given(right=speeds, down=speeds, gap_s=st.floats(0.01, 1.5))
def test_who_keeps_their_pace_is_always_back(right: float, down: float, gap_s: float) -> None:
    found_s = 0.3 + gap_s
    found = course(found_s, 300 + right * found_s, 200 + down * found_s, right=right, down=down)
    slow = right**2 + down**2 <= 55**2
    assert slow or is_back(course(0, 300, right=right, down=down), found)
