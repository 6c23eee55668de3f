"""Durations of the stages, as percentiles and histograms."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.timings import BOUNDS_MS, Histogram, Timings


def test_percentiles_come_by_stage_with_the_number_of_durations() -> None:
    timings = Timings()
    for milliseconds in range(101):
        timings.add("detect", milliseconds)
    timings.add("track", 2.5)
    assert timings.percentiles() == {"detect": (101, 50, 95, 99), "track": (1, 2.5, 2.5, 2.5)}


def test_each_run_of_a_stage_is_measured() -> None:
    timings = Timings()
    for _ in range(3):
        with timings.stage("align"):
            pass
    count, p50, p95, p99 = timings.percentiles()["align"]
    assert count == 3
    assert 0 <= p50 <= p95 <= p99


def test_only_the_last_two_thousand_durations_are_kept() -> None:
    timings = Timings()
    for milliseconds in range(2_100):
        timings.add("age", milliseconds)
    count, p50, *_ = timings.percentiles()["age"]
    assert (count, p50) == (2_000, 100 + 1_999 / 2)


def test_there_are_no_percentiles_without_durations() -> None:
    assert Timings().percentiles() == {}


def test_a_histogram_counts_all_durations() -> None:
    timings = Timings()
    for milliseconds in range(2_100):
        timings.add("age", milliseconds)
    histogram = timings.histograms["age"]
    assert sum(histogram.counts) == 2_100
    assert histogram.total_ms == sum(range(2_100))


@given(st.lists(st.floats(0, 10_000)))
def test_a_duration_counts_in_the_first_bucket_whose_bound_is_not_below_it(durations: list[float]) -> None:
    histogram = Histogram()
    for milliseconds in durations:
        histogram.add(milliseconds)
    at_most = [sum(histogram.counts[: number + 1]) for number in range(len(BOUNDS_MS))]
    assert at_most == [sum(duration <= bound for duration in durations) for bound in BOUNDS_MS]
    assert sum(histogram.counts) == len(durations)
