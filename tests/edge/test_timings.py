"""How long the stages take: percentiles and histograms, not averages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.timings import BOUNDS_MS, Histogram, Timings


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


def test_only_the_last_two_thousand_durations_are_kept() -> None:
    timings = Timings()
    for milliseconds in range(2_100):
        timings.add("age", milliseconds)
    count, middle, *_ = timings.percentiles()["age"]
    assert (count, middle) == (2_000, 100 + 1_999 / 2)


def test_nothing_timed_is_nothing_told() -> None:
    assert Timings().percentiles() == {}


def test_a_histogram_counts_all_there_ever_was() -> None:
    timings = Timings()
    for milliseconds in range(2_100):
        timings.add("age", milliseconds)
    histogram = timings.histograms["age"]
    assert sum(histogram.counts) == 2_100
    assert histogram.total_ms == sum(range(2_100))


@given(st.lists(st.floats(0, 10_000)))
def test_a_duration_falls_into_the_first_bucket_that_holds_it(durations: list[float]) -> None:
    histogram = Histogram()
    for milliseconds in durations:
        histogram.add(milliseconds)
    at_most = [sum(histogram.counts[: number + 1]) for number in range(len(BOUNDS_MS))]
    assert at_most == [sum(one <= bound for one in durations) for bound in BOUNDS_MS]
    assert sum(histogram.counts) == len(durations)
