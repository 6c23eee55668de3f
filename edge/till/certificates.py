"""Key files in ZeroMQ's certificate format (`zmq.auth.load_certificate` reads them), closed to other users."""

from __future__ import annotations

import os
import re
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

Z85_KEY = re.compile(r"[0-9A-Za-z.:+=^!/*?&<>()\[\]{}@%$#-]{40}")
"""A CURVE key in Z85 (rfc.zeromq.org/spec/32)."""

_FIELD = re.compile(r'^\s*([a-z-]+)\s*=\s*"(.*)"\s*$', re.MULTILINE)
_MAX_CHARACTERS = 10_000


def certificate_text(notes: str, metadata: dict[str, str], public: str, secret: str | None = None) -> str:
    """The text of a certificate. notes: a comment for its reader. public, secret: 40 characters of Z85."""
    lines = [f"#   {line}" for line in notes.splitlines()]
    lines += ["", "metadata", *(f'    {name} = "{value}"' for name, value in metadata.items())]
    lines += ["curve", f'    public-key = "{public}"']
    if secret:
        lines.append(f'    secret-key = "{secret}"')
    return "\n".join(lines) + "\n"


def read_certificate(file: Path, *keys: str, forbidden: int) -> dict[str, str]:
    """The fields of a certificate. keys: fields that must hold a Z85 key. forbidden: mode bits that must not be set.

    Raises UsageError when a key is missing or damaged, or when another user could have read or changed the file.
    Raises RunError when the file cannot be read, and FileNotFoundError when it does not exist.
    """
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            check_permissions(file, os.fstat(opened.fileno()), forbidden)
            fields = dict(_FIELD.findall(opened.read(_MAX_CHARACTERS)))
    except FileNotFoundError:
        raise
    except OSError as problem:
        raise RunError(words("cannot read the key {file}: {reason}", file=file, reason=system_words(problem))) from None
    for key in keys:
        if not Z85_KEY.fullmatch(fields.get(key, "")):
            raise UsageError(
                words("{file} has no {key}, or a damaged one: remove it, and make new keys", file=file, key=key)
            )
    return fields


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
