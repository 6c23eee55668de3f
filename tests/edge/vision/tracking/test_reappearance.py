"""Whether a new face is the lost person, by position, size and motion. Faces here are 100 pixels wide."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.vision.reappearance import Sighting, Trajectory, continues, same_person

speeds = st.floats(-600, 600)


def trajectory(
    from_s: float, x: float, y: float = 200.0, *, right: float = 0.0, down: float = 0.0, width: float = 100.0
) -> Trajectory:
    """Ten sightings in 0.3 s, from (x, y), moving `right` and `down` pixels/s."""
    times = [number / 30 for number in range(10)]
    first, *later = (Sighting(from_s + at_s, x + right * at_s, y + down * at_s, width) for at_s in times)
    seen = Trajectory(first)
    for sighting in later:
        seen.add(sighting)
    return seen


def test_a_standing_person_is_the_same_at_the_same_place() -> None:
    assert same_person(trajectory(0, 300), trajectory(1.5, 310))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"x": 360}, id="more than half a face width aside"),
        pytest.param({"x": 300, "y": 140}, id="taller"),
        pytest.param({"x": 300, "width": 125}, id="a step nearer"),
        pytest.param({"x": 300, "width": 80}, id="a step further away"),
        pytest.param({"x": 300, "right": 200}, id="walking through"),
    ],
)
def test_another_place_size_or_motion_makes_another_person(other: dict[str, float]) -> None:
    assert not same_person(trajectory(0, 300), trajectory(1.0, **other))


def test_a_walking_person_is_the_same_where_the_motion_leads() -> None:
    walking = trajectory(0, 100, right=200)
    assert same_person(walking, trajectory(1.0, 300, right=200))
    assert same_person(walking, trajectory(1.0, 270, right=160)), "somewhat slower"
    assert not same_person(walking, trajectory(1.0, 100, right=200)), "a follower"


def test_a_standing_person_is_not_the_one_who_walked_off_there() -> None:
    assert not same_person(trajectory(0, 300, right=200), trajectory(1.0, 360))


def test_a_person_coming_from_where_another_went_is_somebody_else() -> None:
    assert not same_person(trajectory(0, 300, right=200), trajectory(0.8, 360, right=-200))


def test_the_next_sighting_is_where_the_motion_leads() -> None:
    walking = trajectory(0, 100, right=400)
    assert continues(walking, Sighting(0.5, 300, 200, 100))
    assert not continues(walking, Sighting(0.5, 220, 200, 100))


def test_swaying_before_and_after_the_gap_counts_as_standing() -> None:
    assert same_person(trajectory(0, 300, right=40, down=20), trajectory(1.5, 310, right=-20, down=40))


def test_motion_both_before_and_after_the_gap_makes_two_people() -> None:
    """Either alone may be swaying; both together are one person leaving and another arriving."""
    assert same_person(trajectory(0, 300, right=60), trajectory(1.5, 300))
    assert same_person(trajectory(0, 300), trajectory(1.5, 300, right=-60))
    assert not same_person(trajectory(0, 300, right=60), trajectory(1.5, 300, right=-60))


def test_the_velocities_are_those_of_the_first_and_last_moments() -> None:
    seen = trajectory(0, 300)
    for number in range(12):
        seen.add(Sighting(0.3 + number / 30, 300 + number * 10, 200, 100))
    assert seen.initial_velocity == (0.0, 0.0)
    assert seen.final_velocity[0] == pytest.approx(3.0, rel=0.05)


def test_the_motion_is_known_after_a_fifth_of_a_second() -> None:
    seen = Trajectory(Sighting(1.0, 300, 200, 100))
    seen.add(Sighting(1.1, 320, 200, 100))
    assert not seen.motion_known
    seen.add(Sighting(1.2, 340, 200, 100))
    assert seen.motion_known
    assert seen.initial_velocity[0] == pytest.approx(2.0)


@given(right=speeds, down=speeds, gap_s=st.floats(0.01, 1.5))
def test_a_person_at_constant_speed_is_always_the_same(right: float, down: float, gap_s: float) -> None:
    found_s = 0.3 + gap_s
    found = trajectory(found_s, 300 + right * found_s, 200 + down * found_s, right=right, down=down)
    slow = right**2 + down**2 <= 55**2
    assert slow or same_person(trajectory(0, 300, right=right, down=down), found)
