"""Who changed the settings: the note that a program leaves for the agent."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from edge.settings.author import AT_THE_START, AUTHOR_FILE, ON_RELOAD, Author, leave_author, take_author


def test_a_note_is_taken_once(tmp_path: Path) -> None:
    leave_author(tmp_path, Author("apply", "boris"))
    assert take_author(tmp_path, ON_RELOAD) == Author("apply", "boris")
    assert take_author(tmp_path, AT_THE_START) == AT_THE_START
    assert list(tmp_path.iterdir()) == []


def test_the_newest_note_counts(tmp_path: Path) -> None:
    for name in ("anna", "boris"):
        leave_author(tmp_path, Author("apply", name))
    assert take_author(tmp_path, ON_RELOAD).name == "boris"


def test_without_a_state_folder_nobody_is_told(tmp_path: Path) -> None:
    leave_author(tmp_path / "none", Author("apply"))
    assert list(tmp_path.iterdir()) == []
    assert take_author(tmp_path / "none", ON_RELOAD) == ON_RELOAD


def test_a_note_that_no_agent_took_says_nothing_about_a_later_change(tmp_path: Path) -> None:
    leave_author(tmp_path, Author("apply", "boris"))
    os.utime(tmp_path / AUTHOR_FILE, (0, 0))
    assert take_author(tmp_path, ON_RELOAD) == ON_RELOAD
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"boris", b"[]", b'{"name": "boris"}', b'{"by": 1}', b"\xff\xfe", bytes(10**6)]
)
def test_a_damaged_note_is_removed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / AUTHOR_FILE).write_bytes(content)
    assert take_author(tmp_path, ON_RELOAD) == ON_RELOAD
    assert list(tmp_path.iterdir()) == []


def test_only_this_user_can_read_it(tmp_path: Path) -> None:
    leave_author(tmp_path, Author("apply", "boris"))
    assert stat.S_IMODE((tmp_path / AUTHOR_FILE).stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may leave a note for another user")
def test_root_leaves_it_to_the_owner_of_the_folder_and_writes_through_no_link(tmp_path: Path) -> None:
    os.chown(tmp_path, 4711, 4711)
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / AUTHOR_FILE).symlink_to(target)
    (tmp_path / f".{AUTHOR_FILE}.{os.getpid()}").symlink_to(target)
    leave_author(tmp_path, Author("apply"))
    note = tmp_path / AUTHOR_FILE
    assert (note.is_symlink(), note.stat().st_uid, note.stat().st_gid) == (False, 4711, 4711)
    assert (target.read_text(), target.stat().st_uid) == ("mine", 0)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Анна Петрова", "Анна Петрова"),
        ("  anna \t\n b ", "anna b"),
        ("\x1b[31manna\x07", "[31manna"),
        ("anna\N{RIGHT-TO-LEFT OVERRIDE}b", "anna b"),
        ("a" * 500, "a" * 60),
        (" \n", None),
    ],
)
def test_a_name_is_short_and_printable(given: str, kept: str | None) -> None:
    assert Author("page").named(given) == Author("page", kept)
