"""Replays of the drawn clip: the whole pipeline on a clip that is made at run time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from edge.agent.agent import Agent
from edge.ages.choice import Choice
from edge.settings.load import load_settings
from tests.commands import EdgeAgent, Replay


def test_one_person_is_one_customer_with_one_sale(demo_clip: Path, replay: Replay) -> None:
    run = replay(demo_clip)
    customers = {state["customer"] for state in run.of_type("lane.state")} - {None}
    assert len(customers) == 1
    assert len({alert["sale_id"] for alert in run.of_type("lane.alert")}) == 1


def test_an_empty_lane_has_no_customer_and_no_age(demo_clip: Path, replay: Replay) -> None:
    states = replay(demo_clip).of_type("lane.state")
    before, after = states[0], states[-1]
    for state in (before, after):
        assert state["customer"] is None
        assert state["age"] is None
        assert state["decision"] is None


def test_an_alert_has_the_fields_of_the_protocol(demo_clip: Path, replay: Replay) -> None:
    event = next(event for event in replay(demo_clip).events if event["type"] == "lane.alert")
    assert event["specversion"] == "1.0"
    assert set(event["data"]) == {
        "alert_id", "sale_id", "lane", "till", "decision", "reasons", "age", "p_under_legal", "max_p_under_legal",
        "legal_age", "threshold", "samples", "model", "text", "issued_at", "expires_at", "training", "grab_to_alert_ms",
    }  # fmt: skip
    assert set(event["data"]["text"]) == {"ru", "en"}
    life = datetime.fromisoformat(event["data"]["expires_at"].replace("Z", "+00:00")) - datetime.fromisoformat(
        event["data"]["issued_at"].replace("Z", "+00:00")
    )
    assert life.total_seconds() == 30


def test_the_portrait_of_a_woman_of_36_is_estimated_as_an_adult(demo_clip: Path, replay: Replay) -> None:
    ages = [state["age"]["mean"] for state in replay(demo_clip).of_type("lane.state") if state["age"]]
    print(f"the portrait, taken at 36, is estimated at {min(ages)} to {max(ages)}")
    assert 22 < min(ages) <= max(ages) < 55


@pytest.mark.slow
def test_two_replays_give_the_same_bytes(
    demo_clip: Path, replay: Replay, edge_agent: EdgeAgent, tmp_path: Path
) -> None:
    file = tmp_path / "events.jsonl"
    assert edge_agent("--video", demo_clip, "--replay", "--events", file).code == 0
    assert file.read_text(encoding="utf-8") == replay(demo_clip).out


@pytest.mark.slow
def test_a_truncated_clip_is_replayed_up_to_its_end(demo_clip: Path, edge_agent: EdgeAgent, tmp_path: Path) -> None:
    # The index of an MP4 is at its end and would be cut off, too; Matroska, which recorders use, needs none.
    import av

    whole, cut = tmp_path / "whole.mkv", tmp_path / "cut.mkv"
    with av.open(str(demo_clip)) as source, av.open(str(whole), "w") as target:
        stream = source.streams.video[0]
        copied = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = copied
                target.mux(packet)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    run = edge_agent("--video", cut, "--replay", "--events", "-")
    assert run.code == 0
    assert 100 < run.of_type("lane.state")[-1]["frame"] < 250
    assert len(run.of_type("lane.alert")) >= 1
    assert "Traceback" not in run.err


@pytest.mark.slow
def test_a_replay_opens_no_socket(demo_clip: Path, edge_agent: EdgeAgent) -> None:
    # Binding this address would fail.
    run = edge_agent("--video", demo_clip, "--replay", EDGE_TILL__RELIABLE="tcp://192.0.2.1:5557")
    assert run.code == 0, run.err


@pytest.mark.parametrize(("mode", "analysed"), [("on-sale", False), ("continuous", True)])
def test_in_mode_on_sale_no_face_is_analysed_while_no_sale_is_open(
    mode: str, analysed: bool, demo_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []

    class Counting:
        backend = "counting"

        def predict(self, crops: np.ndarray) -> np.ndarray:
            batches.append(len(crops))
            return np.full((len(crops), 101), 1 / 101, np.float32)

    monkeypatch.setattr("edge.ages.worker.make_age_model", lambda *_: (Counting(), Choice("cpu", Counting(), {})))
    Agent(load_settings(["--video", str(demo_clip), "--replay", "--mode", mode])).run()
    assert bool(batches) is analysed
