"""The cadence: which of a camera's frames are analysed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.frames.cadence import Cadence


def accepted(cadence: Cadence, grabs_s: list[float], cost_s: float = 0.0) -> list[float]:
    """The accepted frames, each of which takes `cost_s` to analyse."""
    frames_s = []
    for grab_s in grabs_s:
        if cadence.accept(grab_s):
            cadence.add_cost(cost_s)
            frames_s.append(grab_s)
    return frames_s


@pytest.mark.parametrize(("camera_rate", "analysed_rate"), [(60, 15), (30, 15), (25, 15), (15, 15), (10, 10), (5, 5)])
def test_fifteen_frames_a_second_are_analysed_or_all_of_a_slower_camera(camera_rate: int, analysed_rate: int) -> None:
    chosen = accepted(Cadence(15), [number / camera_rate for number in range(10 * camera_rate)])
    assert len(chosen) == pytest.approx(10 * analysed_rate, abs=1)


def test_every_second_of_thirty_frames_is_accepted() -> None:
    assert accepted(Cadence(15), [0.0, 0.036, 0.064, 0.102, 0.136]) == [0.0, 0.064, 0.136]


def test_a_busy_box_analyses_fewer_frames_and_recovers() -> None:
    cadence = Cadence(15)
    frames = [number / 30 for number in range(900)]
    accepted(cadence, frames[:300], cost_s=0.14)
    assert cadence.rate == pytest.approx(5, abs=0.1)
    assert len(accepted(cadence, frames[300:600], cost_s=0.14)) == pytest.approx(50, abs=1)
    accepted(cadence, frames[600:], cost_s=0.01)
    assert cadence.rate == 15


def test_missed_turns_are_not_made_up_after_a_gap() -> None:
    cadence = Cadence(15)
    accepted(cadence, [number / 30 for number in range(30)])
    after = accepted(cadence, [60 + number / 100 for number in range(100)])
    assert len(after) <= 16


@given(
    st.floats(5, 120),
    st.lists(st.floats(0, 0.5), min_size=1, max_size=200),
    st.floats(0, 0.3),
)
def test_no_second_has_more_analysed_frames_than_the_rate_and_no_gap_is_longer_than_two_periods(
    rate: float, gaps_s: list[float], cost_s: float
) -> None:
    grabs_s = [sum(gaps_s[:number]) for number in range(len(gaps_s))]
    cadence = Cadence(rate)
    chosen = accepted(cadence, grabs_s, cost_s)
    for first in chosen:
        assert sum(first <= grab_s < first + 1 for grab_s in chosen) <= rate + 2
    period_s = max(1 / rate, cost_s / 0.7)
    for skipped_s in set(grabs_s) - set(chosen):
        assert any(0 <= skipped_s - before <= 2 * period_s for before in chosen)
