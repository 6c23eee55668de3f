"""`edge-agent bench` measures; these tests ask that it does, not how fast this machine is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def figures(demo_clip: Path, edge_agent: Callable[..., Any]) -> Any:
    run = edge_agent("bench", demo_clip, "--seconds", 8, "--json")
    assert run.code == 0, run.err
    return json.loads(run.out)


def test_every_stage_is_measured(figures: Any) -> None:
    assert set(figures["fastest"]["stages_ms"]) == {"detect", "track", "align", "judge", "age"}
    for stage in figures["fastest"]["stages_ms"].values():
        assert stage["count"] > 0
        assert 0 < stage["p50"] <= stage["p95"] <= stage["p99"]


def test_it_is_compared_with_the_bare_detector_and_age_model(figures: Any) -> None:
    assert 0.2 < figures["fastest"]["share_of_bare_detector_and_age_model"] < 1.2


def test_the_till_was_answered_in_real_time(figures: Any) -> None:
    live = figures["real_time"]
    assert live["alerts"] >= 2
    assert live["analysed_frames_per_second"] <= live["source_frames_per_second"]
    assert live["grab_to_alert_ms"]["p50"] > 0
    assert live["grab_to_event_ms"]["count"] > 0


def test_memory_is_measured(figures: Any) -> None:
    assert 50 < figures["memory_mb"]["now"] <= figures["memory_mb"]["most"]
