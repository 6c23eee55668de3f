"""Cadence: which of a camera's frames are looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.frames.cadence import Cadence


def looked_at(cadence: Cadence, grabs_s: list[float], cost_s: float = 0.0) -> list[float]:
    """The frames whose turn came, each of which costs that long."""
    chosen = []
    for grab_s in grabs_s:
        if cadence.accept(grab_s):
            cadence.add_cost(cost_s)
            chosen.append(grab_s)
    return chosen


@pytest.mark.parametrize(("camera", "seen"), [(60, 15), (30, 15), (25, 15), (15, 15), (10, 10), (5, 5)])
def test_a_camera_is_looked_at_fifteen_times_a_second_or_as_often_as_it_gives_a_frame(camera: int, seen: int) -> None:
    chosen = looked_at(Cadence(15), [number / camera for number in range(10 * camera)])
    assert len(chosen) == pytest.approx(10 * seen, abs=1)


def test_of_thirty_frames_every_second_one_is_looked_at() -> None:
    assert looked_at(Cadence(15), [0.0, 0.036, 0.064, 0.102, 0.136]) == [0.0, 0.064, 0.136]


def test_a_busy_box_looks_less_often_and_recovers() -> None:
    cadence = Cadence(15)
    frames = [number / 30 for number in range(900)]
    looked_at(cadence, frames[:300], cost_s=0.14)
    assert cadence.rate == pytest.approx(5, abs=0.1)
    assert len(looked_at(cadence, frames[300:600], cost_s=0.14)) == pytest.approx(50, abs=1)
    looked_at(cadence, frames[600:], cost_s=0.01)
    assert cadence.rate == 15


def test_after_a_gap_it_does_not_catch_up_with_what_is_gone() -> None:
    cadence = Cadence(15)
    looked_at(cadence, [number / 30 for number in range(30)])
    after = looked_at(cadence, [60 + number / 100 for number in range(100)])
    assert len(after) <= 16


@given(
    st.floats(5, 120),
    st.lists(st.floats(0, 0.5), min_size=1, max_size=200),
    st.floats(0, 0.3),
)
def test_no_second_holds_more_looks_than_the_rate_and_none_waits_twice_its_turn(
    rate: float, gaps_s: list[float], cost_s: float
) -> None:
    grabs_s = [sum(gaps_s[:number]) for number in range(len(gaps_s))]
    cadence = Cadence(rate)
    chosen = looked_at(cadence, grabs_s, cost_s)
    for first in chosen:
        assert sum(first <= grab_s < first + 1 for grab_s in chosen) <= rate + 2
    slowest_s = max(1 / rate, cost_s / 0.7)
    for passed_over in set(grabs_s) - set(chosen):
        assert any(0 <= passed_over - before <= 2 * slowest_s for before in chosen)
