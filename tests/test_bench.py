"""`edge-agent bench` measures every figure; these tests do not check how fast this machine is."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.bench.ages import as_words
from edge.bench.scene import tiled
from tests.commands import EdgeAgent, Json

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture(scope="module")
def figures(demo_clip: Path, edge_agent: EdgeAgent) -> Json:
    run = edge_agent("bench", demo_clip, "--seconds", 8, "--json")
    assert run.code == 0, run.err
    report: Json = json.loads(run.out)
    return report


def test_every_stage_is_measured(figures: Json) -> None:
    assert set(figures["fastest"]["stages_ms"]) == {"detect", "track", "align", "judge", "age"}
    for stage in figures["fastest"]["stages_ms"].values():
        assert stage["count"] > 0
        assert 0 < stage["p50"] <= stage["p95"] <= stage["p99"]


def test_it_is_compared_with_the_bare_detector_and_age_model(figures: Json) -> None:
    assert 0.1 < figures["fastest"]["share_of_bare_detector_and_age_model"] < 2


def test_real_time_figures_have_alerts_and_latencies(figures: Json) -> None:
    (live,) = figures["real_time"]
    assert live["alerts"] >= 2
    assert live["analysed_frames_per_second"] <= live["source_frames_per_second"]
    assert live["grab_to_alert_ms"]["p50"] > 0
    assert live["grab_to_event_ms"]["count"] > 0
    assert live["grab_to_start_ms"]["p99"] <= 100, "no frame older than that is analysed"


def test_several_lanes_with_several_faces_are_measured_at_the_same_time(demo_clip: Path, edge_agent: EdgeAgent) -> None:
    words = ("--lanes", 2, "--faces", 2, "--rate", 10, "--seconds", 8, "--json")
    run = edge_agent("bench", demo_clip, *words)
    assert run.code == 0, run.err
    report = json.loads(run.out)
    assert [lane["lane"] for lane in report["real_time"]] == ["lane-1", "lane-2"]
    for lane in report["real_time"]:
        assert 0 < lane["source_frames_per_second"] <= 11
        assert lane["alerts"] >= 2
    assert report["fastest"]["ages"] > 0


@pytest.mark.parametrize(("copies", "places"), [(1, 1), (2, 2), (3, 3), (4, 4)])
def test_a_tiled_scene_shows_its_person_several_times(copies: int, places: int) -> None:
    person = np.zeros((480, 640, 3), np.uint8)
    person[200:280, 280:360] = 255
    picture = tiled(person, copies)
    assert picture.shape == person.shape
    found, _ = cv2.connectedComponents((picture[..., 0] > 128).astype(np.uint8))
    assert found - 1 == places


def test_memory_is_measured(figures: Json) -> None:
    assert 50 < figures["memory_mb"]["now"] <= figures["memory_mb"]["most"]


def test_a_start_and_what_is_installed_are_measured(edge_agent: EdgeAgent) -> None:
    run = edge_agent("bench", "--start", "--json")
    assert (run.code, run.err) == (0, "")
    report = json.loads(run.out)
    assert report["packages"] > 30
    assert report["installed_mb"] > 300
    assert 0 < report["ready_s"]["again"] <= report["ready_s"]["slowest_again"]
    assert report["ready_s"]["from_disk"] > 0
    assert report["processor_s"] > 0
    assert report["memory_mb"] > 50


def test_a_lane_that_cannot_start_is_not_measured(edge_agent: EdgeAgent) -> None:
    run = edge_agent("bench", "--start", EDGE_MODEL="/nowhere")
    assert run.code == 1
    assert ": no lane was ready after " in run.err
    assert "/nowhere" in run.err
    assert len(run.err.splitlines()) == 1


@pytest.fixture(scope="module")
def ages(edge_agent: EdgeAgent) -> Json:
    run = edge_agent("bench", "--ages", "--json", "--seconds-per-row", 0.05)
    assert run.code == 0, run.err
    assert run.err == "", "progress is for terminals"
    report: Json = json.loads(run.out)
    return report


def assert_timed(calls: Json) -> None:
    assert calls["count"] >= 1
    assert 0 < calls["p50"] <= calls["p95"] <= calls["p99"]


def test_the_age_model_is_measured_by_the_size_of_the_batch(ages: Json) -> None:
    assert [row["faces"] for row in ages["batches"]] == [1, 2, 4, 8, 16, 32]
    for row in ages["batches"]:
        assert row["ours"]["faces_per_second"] > 0
        assert_timed(row["ours"]["call_ms"])


def test_on_a_cpu_it_is_compared_call_by_call_with_its_bare_model_file(ages: Json) -> None:
    for row in ages["batches"]:
        assert_timed(row["bare"]["call_ms"])
        assert row["bare"]["call_ms"]["count"] == row["ours"]["call_ms"]["count"]
        assert row["bare"]["faces_per_second"] > 0
        assert row["ours_to_bare"] > 0


def test_the_age_model_is_measured_by_the_number_of_lanes(ages: Json) -> None:
    assert [row["lanes"] for row in ages["lanes"]] == [1, 2, 4, 8]
    for row in ages["lanes"]:
        assert_timed(row["call_ms"])
        assert row["faces_per_second"] > 0
        assert 1 <= row["mean_batch"] <= row["lanes"]
        assert row["call_ms"]["count"] >= row["lanes"]
        # Every face was in exactly one batch.
        assert row["call_ms"]["count"] / row["batches"] == pytest.approx(row["mean_batch"], abs=0.006)
    assert ages["lanes"][0]["mean_batch"] == 1


def test_the_overhead_of_the_batcher_for_a_single_face_is_measured(ages: Json) -> None:
    assert ages["batcher_adds_ms"]["count"] >= 1


def test_the_figures_of_the_age_model_as_a_table(ages: Json) -> None:
    words = as_words(ages).splitlines()
    assert words[1].split(maxsplit=1) == ["backend", ages["backend"]]
    ours, bare, _ = (line.split() for line in words if line.split()[:1] == ["1"])
    assert ours[1] == f"{ages['batches'][0]['ours']['faces_per_second']:.1f}"
    assert bare[1] == f"{ages['batches'][0]['bare']['faces_per_second']:.1f}"
    assert bare[-1] == f"{ages['batches'][0]['ours_to_bare']:.2f}"


def test_a_backend_other_than_onnx_on_a_cpu_has_no_comparison(ages: Json) -> None:
    on_a_gpu = copy.deepcopy(ages)
    for row in on_a_gpu["batches"]:
        row["bare"] = row["ours_to_bare"] = None
    words = as_words(on_a_gpu)
    assert "The ONNX file alone: not measured, this backend does not run one on the CPU" in words
    assert sum(line.split()[:1] == ["1"] for line in words.splitlines()) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "one of the arguments CLIP --ages --start --baskets is required"),
        (("clip.mkv", "--ages"), "not allowed with argument CLIP"),
    ],
)
def test_it_measures_either_a_recording_or_the_age_model(
    words: tuple[str, ...], said: str, edge_agent: EdgeAgent
) -> None:
    run = edge_agent("bench", *words)
    assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
    assert said in run.err


def test_a_profile_shows_the_calls_that_take_the_time_of_a_frame(demo_clip: Path, edge_agent: EdgeAgent) -> None:
    run = edge_agent("bench", demo_clip, "--profile")
    assert run.code == 0, run.err
    for call in ("Pipeline.process", "BlazeFaceDetector.detect", "FaceTracker.update"):
        assert call in run.out
    assert "%" in run.out


def test_the_basket_report_is_measured_and_compared_with_the_planted_lifts(edge_agent: EdgeAgent) -> None:
    found = json.loads(edge_agent("bench", "--baskets", 300_000, "--json").out)
    assert found["files"] == 30
    assert 290_000 < found["lines"] < 320_000
    # Rare categories are omitted. Of the others 95 % should be within, and 5 % at most found by chance; the limits
    # are wider, because the lifts of a category are correlated.
    assert 200 <= found["planted"] <= 240
    assert found["within"] >= 0.88 * found["planted"]
    assert found["chance_findings"] <= 0.1 * found["alike"]
    assert found["peak_mb"] > 50
