"""The box: its settings, who asks, and the clock."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from edge.doctor import box as box_checks
from edge.doctor.box import clock, config, user
from edge.doctor.checks import LANE_CHECKS
from edge.doctor.finding import Finding
from edge.doctor.targets import Box, LaneSide

MakeBox = Callable[..., Box]
Find = Callable[..., Finding]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "lane.toml"
    file.write_text('camera = "rtsp://anna:secret@10.0.0.7/lane"\n')
    file.chmod(0o640)
    return file


def test_settings_that_nobody_else_can_change_are_well(box: MakeBox, found: Find, file: Path) -> None:
    line = found(config, box({"camera": "0"}, {"lane": "lane-2"}, file=file))
    assert (line.verdict, line.seen) == ("ok", f"{file}; lane-1, lane-2")


def test_settings_that_others_may_change_are_a_problem(box: MakeBox, found: Find, file: Path) -> None:
    file.chmod(0o664)
    line = found(config, box({"camera": "0"}, file=file))
    assert (line.verdict, line.mend) == ("problem", f"sudo chmod go-w {file}")
    assert line.seen == f"{file} has mode 0664: others may change it"


def test_a_camera_password_that_everybody_may_read_is_told(box: MakeBox, found: Find, file: Path) -> None:
    file.chmod(0o644)
    line = found(config, box({"camera": "rtsp://anna:secret@10.0.0.7/lane"}, file=file))
    assert (line.verdict, line.mend) == ("warning", f"sudo chmod o-r {file}")
    assert "secret" not in line.seen
    assert found(config, box({"camera": "rtsp://10.0.0.7/lane"}, file=file)).verdict == "ok"


def test_a_state_folder_of_ones_own_or_none_yet_is_well(box: MakeBox, found: Find, tmp_path: Path) -> None:
    assert found(user, box()).verdict == "ok"
    (tmp_path / "state").mkdir()
    assert found(user, box()).verdict == "ok"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_may_look_at_everything_and_says_whose_the_lane_is(box: MakeBox, found: Find, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", 61234, 61234)
    line = found(user, box())
    folder = tmp_path / "state"
    assert (line.verdict, line.seen) == ("ok", f"root, who may do more than #61234, to whom {folder} belongs")


def test_the_clock_of_this_box_is_asked(box: MakeBox, found: Find) -> None:
    assert found(clock, box()).verdict in ("ok", "warning")
    assert f"{datetime.now():%Y-%m-%d}" in found(clock, box()).seen


@pytest.mark.parametrize(
    ("kept", "verdict", "words"),
    [(True, "ok", "kept right"), (False, "warning", "no time server"), (None, "ok", "not to be seen from here")],
)
def test_a_clock_that_nothing_keeps_right_is_told(
    kept: bool | None, verdict: str, words: str, box: MakeBox, found: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box_checks, "clock_is_kept", lambda: kept)
    line = found(clock, box())
    assert line.verdict == verdict
    assert words in line.seen


def test_a_clock_that_starts_in_1970_is_a_problem(box: MakeBox, found: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    class Reset(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(1970, 1, 1, 0, 3)

    monkeypatch.setattr(box_checks, "datetime", Reset)
    line = found(clock, box())
    assert (line.verdict, "1970-01-01 00:03:00" in line.seen) == ("problem", True)
    assert line.mend.startswith("sudo timedatectl set-time")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("name", ["agent", "disk", "record", "keys", "sockets", "camera"])
def test_who_may_not_look_is_told_to_come_back_with_sudo(name: str, lane: Callable[..., LaneSide], found: Find) -> None:
    """As on a box where systemd keeps the state folder from everybody but root."""
    check = next(one for one in LANE_CHECKS if one.name == name)
    one = lane(camera="/dev/lane-camera")
    one.settings.keys.mkdir(parents=True)
    os.seteuid(61234)
    try:
        line = found(check, one)
    finally:
        os.seteuid(0)
    assert (line.verdict, line.mend) == ("warning", "run the same again with sudo in front"), line
