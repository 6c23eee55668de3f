"""A file is replaced whole or not at all, and a new folder is for this user alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from edge.settings.files import make_private_folder, replacing


def test_the_draft_takes_the_place_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("old")
    with replacing(file) as draft:
        draft.write_text("new")
        assert file.read_text() == "old"
        assert draft.parent == tmp_path
    assert file.read_text() == "new"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("error", [OSError("disk full"), ValueError("bad row"), KeyboardInterrupt()])
def test_after_an_error_the_old_file_is_there_and_no_draft(tmp_path: Path, error: BaseException) -> None:
    file = tmp_path / "table.csv"
    file.write_text("old")

    def fail() -> None:
        with replacing(file) as draft:
            draft.write_text("half")
            raise error

    with pytest.raises(type(error)):
        fail()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"table.csv": "old"}


def test_without_a_draft_nothing_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("old")
    with pytest.raises(FileNotFoundError), replacing(file):
        pass
    assert file.read_text() == "old"


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666])
def test_the_mode_holds_for_the_draft_and_the_file_with_any_umask(tmp_path: Path, mode: int) -> None:
    before = os.umask(0o077)
    try:
        with replacing(tmp_path / "key", mode=mode, durable=True) as draft:
            assert not stat.S_IMODE(draft.stat().st_mode) & ~mode
            draft.write_text("secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == mode


def test_without_a_mode_the_umask_decides(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with replacing(tmp_path / "page.html") as draft:
            draft.write_text("page")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o640


def test_an_existing_file_stays_when_it_must_not_be_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "till.key"
    file.write_text("first")
    with pytest.raises(FileExistsError), replacing(file, overwrite=False) as draft:
        draft.write_text("second")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"till.key": "first"}


def test_a_folder_that_is_missing_raises_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "missing" / "file", mode=0o600) as draft:
        draft.write_text("text")


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_private_folder_and_its_missing_parents_are_for_this_user_alone(tmp_path: Path, umask: int) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    before = os.umask(umask)
    try:
        for _ in range(2):
            make_private_folder(tmp_path / "shared" / "box" / "lane")
    finally:
        os.umask(before)
    folders = [tmp_path / "shared", tmp_path / "shared" / "box", tmp_path / "shared" / "box" / "lane"]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o755, 0o700, 0o700]


def test_a_file_where_a_private_folder_should_be_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        make_private_folder(tmp_path / "file")
    for folder in (tmp_path / "file" / "lane", tmp_path / "file" / "box" / "lane"):
        with pytest.raises(NotADirectoryError):
            make_private_folder(folder)
