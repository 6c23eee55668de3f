"""Key files: ZeroMQ certificates, as `zmq.auth.load_certificate` reads them, that nobody else can read or change."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING

from edge.errors import RunError, UsageError
from edge.settings.files import replacing

if TYPE_CHECKING:
    from pathlib import Path

WRITE = 0o022
"""Mode bits that let others change a file or folder."""
READ_OR_WRITE = 0o077
"""And those that let others read it, too."""

_FIELD = re.compile(r'^\s*([a-z-]+)\s*=\s*"(.*)"\s*$', re.MULTILINE)
_Z85_KEY = re.compile(r"[0-9A-Za-z.:+=^!/*?&<>()\[\]{}@%$#-]{40}")
_MOST_CHARACTERS = 10_000


def certificate(notes: str, told: dict[str, str], public: str, secret: str | None = None) -> str:
    """The text of a certificate. notes: for whoever opens it. told: further fields. The keys: 40 characters of Z85."""
    lines = [f"#   {line}" for line in notes.splitlines()]
    lines += ["", "metadata", *(f'    {name} = "{value}"' for name, value in told.items())]
    lines += ["curve", f'    public-key = "{public}"']
    if secret:
        lines.append(f'    secret-key = "{secret}"')
    return "\n".join(lines) + "\n"


def read(file: Path, *keys: str, forbidden: int) -> dict[str, str]:
    """The fields of a certificate with at least these keys; forbidden: mode bits that it must not have.

    Raises UsageError when it is damaged or others could have touched it, RunError when it cannot be read, and
    FileNotFoundError.
    """
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            refuse_if_loose(file, os.fstat(opened.fileno()), forbidden)
            fields = dict(_FIELD.findall(opened.read(_MOST_CHARACTERS)))
    except FileNotFoundError:
        raise
    except OSError as problem:
        raise RunError(f"cannot read the key {file}: {problem.strerror}") from None
    for key in keys:
        if not _Z85_KEY.fullmatch(fields.get(key, "")):
            raise UsageError(f"{file} has no {key}, or a damaged one: remove it, and make new keys")
    return fields


def write(file: Path, text: str, mode: int = 0o600) -> None:
    """Write a new file, which nobody else can read unless `mode` says so. Raises FileExistsError, and RunError when it
    cannot be written."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
    except FileExistsError:
        raise
    except OSError as problem:
        raise RunError(f"cannot write {file}: {problem.strerror}") from None


def write_whole(file: Path, text: str, mode: int = 0o600) -> None:
    """Like `write`, but a reader finds the file whole or not at all. Raises what `write` does."""
    try:
        with replacing(file, mode=mode, durable=True, overwrite=False) as draft:
            draft.write_text(text, encoding="utf-8")
    except FileExistsError:
        raise
    except OSError as problem:
        raise RunError(f"cannot write {file}: {problem.strerror}") from None


def refuse_if_loose(path: Path, info: os.stat_result, forbidden: int) -> None:
    """Raises UsageError, one line with the mend, for a path of somebody else's or with a forbidden mode."""
    us = os.geteuid()
    if info.st_uid not in (us, 0):
        raise UsageError(
            f"{path} belongs to user {info.st_uid}, and this runs as user {us}: run it as that user "
            f"(sudo -u '#{info.st_uid}' ...), or chown {us} {path}"
        )
    mode = stat.S_IMODE(info.st_mode)
    if mode & forbidden:
        danger = "read it" if mode & forbidden & ~WRITE else "change it"
        raise UsageError(f"{path} has mode {mode:04o}, so that others may {danger}: chmod go-rwx {path}")
