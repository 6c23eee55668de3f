"""Several lanes in one config: shared settings, unique settings, and rejected configs."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.settings.lanes import load_lanes

TWO = """
state_dir = "/var/lib/edge-agent"
zone = [[0.2, 0.0], [0.8, 0.0], [0.8, 1.0], [0.2, 1.0]]

[policy]
legal_age = 21
min_looks = 5

[[lane]]
name = "lane-1"
camera = 0
till.reliable = "tcp://127.0.0.1:5557"
till.live = "tcp://127.0.0.1:5556"

[[lane]]
name = "wine"
camera = 1
policy.min_looks = 9
till.reliable = "tcp://127.0.0.1:5567"
till.live = "tcp://127.0.0.1:5566"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "box.toml"
    file.write_text(TWO, encoding="utf-8")
    return file


def rejection(config: Path, flags: list[str] | None = None) -> str:
    with pytest.raises(UsageError) as rejected:
        load_lanes(flags or [], config)
    assert "\n" not in str(rejected.value)
    return str(rejected.value)


def test_a_config_without_lanes_is_one_lane(tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_text('lane = "lane-3"\ncamera = 0\n', encoding="utf-8")
    (only,) = load_lanes([], file)
    assert (only.lane, only.camera) == ("lane-3", "0")
    assert only.keys == only.state_dir / "keys"


def test_settings_outside_the_tables_hold_for_all_and_a_lane_may_override_them(config: Path) -> None:
    first, second = load_lanes([], config)
    assert (first.lane, second.lane) == ("lane-1", "wine")
    assert (first.camera, second.camera) == ("0", "1")
    assert first.zone == second.zone
    assert (first.policy.legal_age, second.policy.legal_age) == (21, 21)
    assert (first.policy.min_looks, second.policy.min_looks) == (5, 9)


def test_each_lane_has_its_own_state_folder_and_all_share_the_keys(config: Path) -> None:
    first, second = load_lanes([], config)
    assert (first.state_dir, second.state_dir) == (Path("/var/lib/edge-agent/lane-1"), Path("/var/lib/edge-agent/wine"))
    assert first.keys == second.keys == Path("/var/lib/edge-agent/keys")


def test_a_lane_may_set_its_state_folder(config: Path) -> None:
    config.write_text(TWO + 'state_dir = "/srv/wine"\n', encoding="utf-8")
    assert load_lanes([], config)[1].state_dir == Path("/srv/wine")


def test_flags_override_every_lane(config: Path) -> None:
    lanes = load_lanes(["--policy.legal-age", "18", "--state-dir", "/tmp/state"], config)
    assert [lane.policy.legal_age for lane in lanes] == [18, 18]
    assert [lane.state_dir for lane in lanes] == [Path("/tmp/state/lane-1"), Path("/tmp/state/wine")]


@pytest.mark.parametrize(
    ("change", "line", "problem"),
    [
        (('name = "wine"', ""), 15, "[[lane]] number 2 has no name: give it one"),
        (('name = "wine"', 'name = "lane-1"'), 16, "two lanes have the same lane, 'lane-1'"),
        (("camera = 1", "camera = 0"), 17, "lane-1 and wine have the same camera, '0'"),
        (("5567", "5557"), 19, "lane-1 and wine have the same till.reliable, 'tcp://127.0.0.1:5557'"),
        (("camera = 1", 'camera = 1\nmodel = "/srv/model"'), 18, "lane wine: model is the same for the whole box"),
        (("camera = 1", "camera = 1\nages.threads = 1"), 18, "lane wine: ages is the same for the whole box"),
        (("camera = 1", 'camera = 1\nmetrics.listen = "off"'), 18, "lane wine: metrics is the same for the whole box"),
        (("camera = 1", "camera = 1\nspeed = 3"), 18, "speed: there is no such setting"),
        (("policy.min_looks = 9", "policy.min_looks = 900"), 18, "policy.min_looks = 900"),
    ],
)
def test_an_invalid_config_is_rejected_in_one_line_with_its_place(
    config: Path, change: tuple[str, str], line: int, problem: str
) -> None:
    config.write_text(TWO.replace(*change), encoding="utf-8")
    assert rejection(config).startswith(f"{config}, line {line}: {problem}")
