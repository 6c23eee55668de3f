"""Which settings a running lane takes over."""

from __future__ import annotations

from pathlib import Path

from edge.settings.config import Settings
from edge.settings.load import load_settings
from edge.settings.reload import change, differences

CAMERA = ["--camera", "test:"]


def lanes(*flags: list[str]) -> list[Settings]:
    return [load_settings([*CAMERA, *each]) for each in flags]


def test_zone_mode_policy_quality_tracking_model_and_offers_apply_at_once() -> None:
    running = lanes([])
    flags = "--offers.held-out 0.2 "
    flags += "--mode on-sale --policy.challenge-age 30 --quality.min-sharpness 20 --tracking.lost-s 3 --model m"
    wanted = lanes([*flags.split(), "--zone", "[[0,0],[1,0],[1,1]]"])
    found = change(running, wanted)
    assert found.settings == {"lane-1": wanted[0]}
    assert found.waiting == ()
    assert found.settings["lane-1"].hash != running[0].hash


def test_camera_folders_and_sockets_wait_for_a_restart_and_the_other_changes_apply() -> None:
    running = lanes([])
    wanted = [load_settings(["--camera", "1", "--state-dir", "/elsewhere", "--till.live", "tcp://127.0.0.1:9",
                             "--policy.legal-age", "21"])]  # fmt: skip
    found = change(running, wanted)
    assert found.waiting == ("camera of lane-1", "state_dir of lane-1", "till of lane-1")
    assert found.settings["lane-1"].policy.legal_age == 21
    assert found.settings["lane-1"].camera == "test:"
    assert found.settings["lane-1"].state_dir == running[0].state_dir


def test_lanes_are_matched_by_name() -> None:
    running = lanes(["--lane", "north"], ["--lane", "south"])
    wanted = lanes(["--lane", "south", "--mode", "continuous"], ["--lane", "north"])
    found = change(running, wanted)
    assert {name: settings.mode for name, settings in found.settings.items()} == {
        "north": "auto",
        "south": "continuous",
    }


def test_a_new_or_removed_lane_waits_for_a_restart() -> None:
    found = change(lanes(["--lane", "north"]), lanes(["--lane", "south"]))
    assert found.settings == {}
    assert found.waiting == ("north is gone", "south is new")


def test_differences_are_listed_by_name() -> None:
    before, after = lanes([], ["--model", "m", "--mode", "continuous"])
    assert differences(before, before) == []
    assert differences(before, after) == ["mode", "model"]
    assert after.model == Path("m")
