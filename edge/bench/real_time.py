"""Measures a running agent in real time, with real sockets and tills: dropped frames and answer times."""

from __future__ import annotations

import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from edge.agent.agent import Agent
from edge.bench.figures import percentiles, summary
from edge.bench.places import within
from edge.bench.scene import Scene
from edge.bench.till import SALE_S, sell
from edge.errors import RunError
from edge.frames import RealTime, start_in_background
from edge.language.words import words
from edge.settings.load import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from edge.lane.loop import LaneLoop


def real_time(
    flags: list[str], clip: Path, seconds: float, lanes: int, copies: int, rate: float
) -> list[dict[str, Any]]:
    """Run all lanes at once and return the figures of each.

    flags: additional settings. copies, rate: as for `Scene`. Raises RunError if a till got no answer.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = [f"lane-{number}" for number in range(1, lanes + 1)]
        settings = [load_settings([*flags, "--lane", name, *within(f"{folder}/{name}")]) for name in names]
        scenes = [Scene(clip, name, seconds, copies, rate) for name in names]
        agent = Agent(*settings, sources=[RealTime(scene) for scene in scenes])
        answers: list[list[tuple[float, float]]] = [[] for _ in names]
        tills = [
            start_in_background(partial(sell, own.till.reliable, seconds, received), "till")
            for own, received in zip(settings, answers, strict=True)
        ]
        start_s = time.monotonic()
        agent.run()
        took_s = time.monotonic() - start_s
        for till in tills:
            till.join(5)
    return [_figures(*found, took_s) for found in zip(agent.lanes, scenes, answers, strict=True)]


def _figures(lane: LaneLoop, scene: Scene, answers: list[tuple[float, float]], took_s: float) -> dict[str, Any]:
    if not answers:
        raise RunError(
            words(
                "no alert in {took_s:.0f} s: use a clip of at least {sale_s:.0f} s, the length of a sale",
                took_s=took_s,
                sale_s=SALE_S,
            )
        )
    timings = lane.timings.percentiles()
    after_first_second = answers[1:] or answers
    return {
        "lane": lane.settings.lane,
        "seconds": round(took_s, 1),
        "source_frames_per_second": round(scene.given / took_s, 1),
        "analysed_frames_per_second": round(lane.frames / took_s, 1),
        "dropped_frames": lane.slot.dropped + lane.too_old,
        "grab_to_start_ms": percentiles(*timings["grab to start"]),
        "grab_to_event_ms": percentiles(*timings["grab to event"]),
        "alerts": len(answers),
        "grab_to_alert_ms": summary([grab for grab, _ in after_first_second]),
        "scan_to_alert_ms": summary([scan for _, scan in after_first_second]),
    }
