"""Checks of the box: its settings and the user."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.doctor.box import config, user
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
