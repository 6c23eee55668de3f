"""Who changed the settings, for the record of changes: a program that changes them for somebody leaves a note."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

if TYPE_CHECKING:
    from pathlib import Path

AUTHOR_FILE = "settings-changed-by.json"
"""In the state folder of the first lane, from the change until the agent has loaded it."""
_MOST_CHARACTERS = 60
"""Of a person's name."""
_VALID_S = 600.0
"""An older note is of a change that the agent never loaded, and says nothing about the next one."""


@dataclass(frozen=True, slots=True)
class Author:
    """by: the way of the change. "start": the settings were others when the agent ran last. "reload": it was asked to
    load them again, as by `systemctl reload`. "page": the setup page. Others are names of programs that use
    `leave_author`, such as "apply". name: of the person, as that person or that program gave it."""

    by: str
    name: str | None = None

    def named(self, name: str) -> Author:
        """The same with a person's name, of which only printable characters are kept, 60 at most."""
        printable = "".join(character if character.isprintable() else " " for character in name)
        return replace(self, name=" ".join(printable.split())[:_MOST_CHARACTERS].rstrip() or None)


AT_THE_START, ON_RELOAD, ON_PAGE = Author("start"), Author("reload"), Author("page")

_NOTE = TypeAdapter(Author)


def leave_author(state_dir: Path, author: Author) -> None:
    """Say who has just changed the settings, before the agent is asked to load them, or is started. state_dir: of the
    first lane; without it there is nobody to read the note. Raises OSError."""
    if not state_dir.is_dir():
        return
    draft = state_dir / f".{AUTHOR_FILE}.{os.getpid()}"
    draft.unlink(missing_ok=True)
    # Root may leave it in a folder of the agent's user: the file is never opened through a link, and becomes that
    # user's.
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(_NOTE.dump_json(author) + b"\n")
        if os.geteuid() == 0:
            owner = state_dir.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    draft.replace(state_dir / AUTHOR_FILE)


def take_author(state_dir: Path, otherwise: Author) -> Author:
    """Who left a note within the last ten minutes; the note is removed. otherwise: the author without such a note."""
    file = state_dir / AUTHOR_FILE
    with suppress(OSError, ValidationError):
        age_s = time.time() - file.lstat().st_mtime
        content = file.read_bytes()
        file.unlink()
        if abs(age_s) < _VALID_S:
            author = _NOTE.validate_json(content)
            return author.named(author.name or "")
    return otherwise
