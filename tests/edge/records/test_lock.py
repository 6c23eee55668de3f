"""The lock of a state folder: held by one agent, and never a file that somebody else put there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.records.database import StoreError
from edge.records.lock import StateLock, open_lock


def test_only_one_agent_at_a_time_holds_the_lock(tmp_path: Path) -> None:
    held = StateLock(tmp_path)
    with pytest.raises(UsageError, match=f"^another edge-agent uses {tmp_path}: give each lane its own state_dir$"):
        StateLock(tmp_path)
    held.close()
    StateLock(tmp_path).close()


def test_a_process_that_ends_releases_the_lock(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from edge.records.lock import StateLock; StateLock(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=180)
    StateLock(tmp_path).close()


def test_only_this_user_may_open_the_folder_and_the_lock(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        StateLock(tmp_path / "new" / "lane").close()
    finally:
        os.umask(before)
    paths = [tmp_path / "new", tmp_path / "new" / "lane", tmp_path / "new" / "lane" / "lane.lock"]
    assert [path.stat().st_mode & 0o777 for path in paths] == [0o700, 0o700, 0o600]


def a_link(file: Path) -> None:
    file.symlink_to(file.parent / "elsewhere")
    (file.parent / "elsewhere").write_text("precious")


def a_broken_link(file: Path) -> None:
    file.symlink_to(file.parent / "nowhere")


def a_pipe(file: Path) -> None:
    os.mkfifo(file)


def another_users_file(file: Path) -> None:
    file.touch()
    os.chown(file, 1234, 1234)


@pytest.mark.parametrize(
    ("plant", "what"),
    [
        (a_link, "is a link"),
        (a_broken_link, "is a link"),
        (a_pipe, "is not a regular file"),
        pytest.param(
            another_users_file,
            "belongs to user 1234",
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away"),
        ),
    ],
)
def test_a_file_that_no_agent_made_is_an_error_and_is_not_touched(
    plant: Callable[[Path], None], what: str, tmp_path: Path
) -> None:
    plant(tmp_path / "lane.lock")
    before = {file.name for file in tmp_path.iterdir()}
    fix = f"^{tmp_path}/lane.lock {what}, so no agent made it: remove it, or choose another folder with state_dir$"
    for flags in (os.O_RDONLY, os.O_RDWR):
        with pytest.raises(UsageError, match=fix):
            open_lock(tmp_path, flags)
    with pytest.raises(UsageError, match=fix):
        StateLock(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == before
    assert not (tmp_path / "elsewhere").exists() or (tmp_path / "elsewhere").read_text() == "precious"


def test_a_lock_that_cannot_be_opened_is_an_error_with_the_fix(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "lane.lock"))
        with pytest.raises(
            StoreError, match=r"^cannot open .*/lane.lock: .*; make it .*another folder with state_dir$"
        ):
            StateLock(tmp_path)
    with pytest.raises(StoreError, match=r"^cannot open /dev/null/lane/lane.lock: Not a directory; .*state_dir$"):
        StateLock(Path("/dev/null/lane"))


def test_the_folders_owner_may_differ_from_the_agents_user(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may give files away")
    StateLock(tmp_path).close()
    for path in (tmp_path, tmp_path / "lane.lock"):
        os.chown(path, 1234, 1234)
    StateLock(tmp_path).close()
