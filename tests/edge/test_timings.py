"""How long the stages take: percentiles, not averages."""

from __future__ import annotations

from edge.timings import Timings


def test_percentiles_are_told_by_stage_with_the_number_of_durations() -> None:
    timings = Timings()
    for milliseconds in range(101):
        timings.add("detect", milliseconds)
    timings.add("track", 2.5)
    assert timings.percentiles() == {"detect": (101, 50, 95, 99), "track": (1, 2.5, 2.5, 2.5)}


def test_a_stage_is_timed_each_time_it_runs() -> None:
    timings = Timings()
    for _ in range(3):
        with timings.stage("align"):
            pass
    count, middle, slow, slowest = timings.percentiles()["align"]
    assert count == 3
    assert 0 <= middle <= slow <= slowest


def test_only_the_last_twenty_thousand_durations_are_kept() -> None:
    timings = Timings()
    for milliseconds in range(20_100):
        timings.add("age", milliseconds)
    count, middle, *_ = timings.percentiles()["age"]
    assert (count, middle) == (20_000, 100 + 19_999 / 2)


def test_nothing_timed_is_nothing_told() -> None:
    assert Timings().percentiles() == {}
