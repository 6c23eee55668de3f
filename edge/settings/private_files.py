"""Files that hold secrets, or that others must not change: how they are created, and whether their modes are safe."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from edge.errors import RunError, UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.files import replacing

if TYPE_CHECKING:
    from pathlib import Path

WRITE = 0o022
"""Mode bits that let other users change a file or folder."""
READ_OR_WRITE = 0o077
"""Mode bits that let other users read or change it."""


def write_new_file(file: Path, text: str, mode: int = 0o600) -> None:
    """Create a file with this mode, and force it to disk. Raises FileExistsError when it exists, and RunError when it
    cannot be written."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
    except FileExistsError:
        raise
    except OSError as problem:
        raise RunError(words("cannot write {file}: {reason}", file=file, reason=system_words(problem))) from None


def write_new_file_atomically(file: Path, text: str, mode: int = 0o600) -> None:
    """Like `write_new_file`, but a reader sees either no file or the complete one. Raises the same errors."""
    try:
        with replacing(file, mode=mode, durable=True, overwrite=False) as draft:
            draft.write_text(text, encoding="utf-8")
    except FileExistsError:
        raise
    except OSError as problem:
        raise RunError(words("cannot write {file}: {reason}", file=file, reason=system_words(problem))) from None


def check_permissions(path: Path, info: os.stat_result, forbidden: int) -> None:
    """Raises UsageError, one line with the fix, when `path` belongs to another user than this one or root, or when its
    mode has one of the `forbidden` bits."""
    us = os.geteuid()
    if info.st_uid not in (us, 0):
        raise UsageError(
            words(
                "{path} belongs to user {owner}, and this runs as user {us}: run it as that user (sudo -u "
                "'#{owner}' ...), or chown {us} {path}",
                path=path,
                owner=info.st_uid,
                us=us,
            )
        )
    mode = stat.S_IMODE(info.st_mode)
    if mode & forbidden:
        danger = words("read it") if mode & forbidden & ~WRITE else words("change it")
        raise UsageError(
            words(
                "{path} has mode {mode:04o}, so that others may {danger}: chmod go-rwx {path}",
                path=path,
                mode=mode,
                danger=danger,
            )
        )
