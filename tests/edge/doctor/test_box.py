"""Checks of the box: its settings, the user, and the clock."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from edge.doctor import box as box_checks
from edge.doctor.box import clock, config, user
from edge.doctor.checks import LANE_CHECKS
from tests.edge.doctor.builders import MakeBox, MakeLane, found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "lane.toml"
    file.write_text('camera = "rtsp://anna:secret@10.0.0.7/lane"\n')
    file.chmod(0o640)
    return file


def test_settings_that_no_other_user_can_change_are_ok(box: MakeBox, file: Path) -> None:
    line = found(config, box({"camera": "0"}, {"lane": "lane-2"}, file=file))
    assert (line.verdict, line.seen) == ("ok", f"{file}; lanes: lane-1, lane-2")


def test_settings_that_other_users_can_change_are_a_problem(box: MakeBox, file: Path) -> None:
    file.chmod(0o664)
    line = found(config, box({"camera": "0"}, file=file))
    assert (line.verdict, line.fix) == ("problem", f"sudo chmod go-w {file}")
    assert line.seen == f"{file} has mode 0664: other users can change it"


def test_a_camera_password_that_every_user_can_read_is_a_warning(box: MakeBox, file: Path) -> None:
    file.chmod(0o644)
    line = found(config, box({"camera": "rtsp://anna:secret@10.0.0.7/lane"}, file=file))
    assert (line.verdict, line.fix) == ("warning", f"sudo chmod o-r {file}")
    assert "secret" not in line.seen
    assert found(config, box({"camera": "rtsp://10.0.0.7/lane"}, file=file)).verdict == "ok"


def test_an_own_or_a_missing_state_folder_is_ok(box: MakeBox, tmp_path: Path) -> None:
    assert found(user, box()).verdict == "ok"
    (tmp_path / "state").mkdir()
    assert found(user, box()).verdict == "ok"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_is_ok_and_the_owner_is_named(box: MakeBox, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    os.chown(tmp_path / "state", 61234, 61234)
    line = found(user, box())
    folder = tmp_path / "state"
    assert (line.verdict, line.seen) == ("ok", f"root; {folder} belongs to #61234")


def test_the_clock_check_shows_the_date(box: MakeBox) -> None:
    assert found(clock, box()).verdict in ("ok", "warning")
    before = f"{datetime.now():%Y-%m-%d}"
    seen = found(clock, box()).seen
    assert before in seen or f"{datetime.now():%Y-%m-%d}" in seen, "the date may change meanwhile"


@pytest.mark.parametrize(
    ("synchronised", "verdict", "words"),
    [(True, "ok", "set by a time server"), (False, "warning", "no time server"), (None, "ok", "this user cannot see")],
)
def test_a_clock_without_a_time_server_is_a_warning(
    synchronised: bool | None, verdict: str, words: str, box: MakeBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box_checks, "clock_is_synchronised", lambda: synchronised)
    line = found(clock, box())
    assert line.verdict == verdict
    assert words in line.seen


def test_a_clock_that_starts_in_1970_is_a_problem(box: MakeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    class Reset(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(1970, 1, 1, 0, 3)

    monkeypatch.setattr(box_checks, "datetime", Reset)
    line = found(clock, box())
    assert (line.verdict, "1970-01-01 00:03:00" in line.seen) == ("problem", True)
    assert line.fix.startswith("sudo timedatectl set-time")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("name", ["agent", "disk", "record", "keys", "sockets", "camera"])
def test_a_user_without_access_is_told_to_use_sudo(name: str, lane: MakeLane) -> None:
    """As on a box where systemd lets only root into the state folder."""
    check = next(check for check in LANE_CHECKS if check.name == name)
    target = lane(camera="/dev/lane-camera")
    target.settings.keys.mkdir(parents=True)
    os.seteuid(61234)
    try:
        line = found(check, target)
    finally:
        os.seteuid(0)
    assert (line.verdict, line.fix) == ("warning", "run the same command again with sudo in front"), line
