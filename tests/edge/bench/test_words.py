"""What `edge-agent bench` prints fits a terminal of 80 columns, with no word broken."""

from __future__ import annotations

from typing import Any

from edge.bench import ages, lane
from edge.bench.figures import described

TIMES = {"count": 120_000, "p50": 12345.6, "p95": 12345.6, "p99": 12345.6}


def assert_fits(text: str, *words: str) -> None:
    assert max(map(len, text.splitlines())) <= 80
    assert set(words) <= set(text.split())


def test_the_figures_of_a_lane() -> None:
    stages = dict.fromkeys(("detect", "track", "align", "judge", "age"), TIMES)
    live: dict[str, Any] = {
        "lane": "lane-12", "seconds": 20.0, "analysed_frames_per_second": 15.0, "source_frames_per_second": 29.9,
        "dropped_frames": 1234, "grab_to_start_ms": TIMES, "grab_to_event_ms": TIMES, "scan_to_alert_ms": TIMES,
    }  # fmt: skip
    figures = {
        "clip": "again.mkv", "start_to_first_event_s": 1.31, "memory_mb": {"now": 674.8, "most": 674.9},
        "fastest": {
            "frames_per_second": 247.4, "ages": 165, "share_of_bare_detector_and_age_model": 0.881,
            "stages_ms": stages,
        },
        "real_time": [live],
    }  # fmt: skip
    assert_fits(lane.as_words(figures), "dropped", "12345.6", "detector")


def test_the_figures_of_the_age_model() -> None:
    speed = {"faces_per_second": 12345.6, "call_ms": TIMES}
    figures = {
        "bundle": "research f7c163235d63", "backend": "TensorRT 10.13.3.9, NVIDIA GeForce RTX 4090 Laptop GPU, float16",
        "batcher_adds_ms": TIMES, "batches": [{"faces": 32, "ours": speed, "bare": speed, "ours_to_bare": 0.98}],
        "lanes": [{"lanes": 8, "mean_batch": 3.99, **speed}],
    }  # fmt: skip
    assert_fits(ages.as_words(figures), "ours/bare", "12345.6", "faces/s")


def test_a_long_text_goes_on_below_itself() -> None:
    assert described({"clip": "a.mkv", "memory": "much " * 13}) == (
        "clip                  a.mkv\nmemory                much much much much much much much much much much much\n"
        "                      much much"
    )
