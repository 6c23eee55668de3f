"""The names of the store and of the box: their defaults, what they may be, and the older name of the store's."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.settings.lanes import load_lanes
from edge.settings.load import load_settings

TWO_LANES = """
[[lane]]
name = "lane-1"
camera = 0
till.reliable = "tcp://127.0.0.1:5557"
till.live = "tcp://127.0.0.1:5556"

[[lane]]
name = "wine"
camera = 1
till.reliable = "tcp://127.0.0.1:5567"
till.live = "tcp://127.0.0.1:5566"
"""


@pytest.fixture
def lane_toml(tmp_path: Path) -> Path:
    return tmp_path / "lane.toml"


def rejection(flags: list[str], file: Path | None = None) -> str:
    with pytest.raises(UsageError) as rejected:
        load_lanes(flags, file)
    assert "\n" not in str(rejected.value)
    return str(rejected.value)


def test_store_and_box_are_for_the_whole_box(lane_toml: Path) -> None:
    lane_toml.write_text('store = "Магазин 12"\nbox = "till-pc.03"\n' + TWO_LANES, encoding="utf-8")
    assert {(lane.store, lane.box) for lane in load_lanes([], lane_toml)} == {("Магазин 12", "till-pc.03")}
    lane_toml.write_text(TWO_LANES + 'store = "hill"\n', encoding="utf-8")
    assert rejection([], lane_toml) == (
        f"{lane_toml}, line 13: lane wine: store is the same for the whole box: set it outside [[lane]]"
    )


@pytest.mark.parametrize(
    ("host", "box"),
    [
        ("hill-03", "hill-03"),
        ("box.hill.example.com", "box.hill.example.com"),
        ("касса 3", "3"),
        ("-" * 9, "box-1"),
        ("", "box-1"),
        ("x" * 200, "x" * 64),
    ],
)
def test_a_box_has_the_name_of_its_host(host: str, box: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    assert load_settings([]).box == box
    assert load_settings(["--box", "given"]).box == "given"


def test_a_replay_does_not_depend_on_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "hill-03")
    replay = ["--video", "clip.mkv", "--replay"]
    assert load_settings(replay).box == "box-1"
    assert load_settings([*replay, "--box", "given"]).box == "given"
    assert load_settings(["--video", "clip.mkv"]).box == "hill-03"


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (["--box", ""], "box = '': use 1 to 64 letters"),
        (["--box", "../hill"], "box = '../hill': use 1 to 64 letters"),
        (["--box", "x" * 65], "box = 'xxxxx"),
        (["--box", "box\n"], "box = 'box\\n': use 1 to 64 letters"),
        (["--store", ""], "store = '': must not be empty"),
        (["--store", "x" * 81], "store = 'xxxxx"),
        (["--store", "hill\nsea"], "store = 'hill\\nsea': write it in one line, without invisible characters"),
    ],
)
def test_a_name_that_cannot_be_used_is_rejected(flags: list[str], problem: str) -> None:
    assert rejection(flags).startswith(problem)


def test_the_older_name_of_the_store_is_accepted(lane_toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lane_toml.write_text('[insights]\nstore = "old"\nkeep_days = 30\n', encoding="utf-8")
    assert load_settings([], lane_toml).store == "old"
    assert load_settings([], lane_toml).insights.keep_days == 30
    monkeypatch.setenv("EDGE_STORE", "variable")
    assert load_settings([], lane_toml).store == "variable"
    assert load_settings(["--insights.store", "flag"], lane_toml).store == "flag"
    monkeypatch.delenv("EDGE_STORE")
    monkeypatch.setenv("EDGE_INSIGHTS__STORE", "old-variable")
    assert load_settings([], lane_toml).store == "old-variable"
    monkeypatch.setenv("EDGE_INSIGHTS", json.dumps({"min_customers": 20}))
    assert load_settings([], lane_toml).insights.min_customers == 20


def test_both_names_may_be_given_if_they_agree(lane_toml: Path) -> None:
    lane_toml.write_text('store = "hill"\n[insights]\nstore = "hill"\n', encoding="utf-8")
    assert load_settings([], lane_toml).store == "hill"
    lane_toml.write_text('store = "hill"\n[insights]\nstore = "sea"\n', encoding="utf-8")
    assert rejection([], lane_toml) == (
        f"{lane_toml}, line 3: insights.store = 'sea': store is 'hill', and insights.store is its older name: remove "
        "insights.store"
    )


def test_a_wrong_value_is_reported_where_it_is(lane_toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lane_toml.write_text('camera = 0\n[insights]\nstore = ""\n', encoding="utf-8")
    assert rejection([], lane_toml) == f"{lane_toml}, line 3: store = '': must not be empty"
    monkeypatch.setenv("EDGE_INSIGHTS__STORE", "x" * 81)
    assert rejection([], lane_toml).startswith("EDGE_INSIGHTS__STORE: store = 'xxx")
