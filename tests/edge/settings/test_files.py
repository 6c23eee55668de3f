"""A file is replaced whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from edge.settings.files import replacing


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
