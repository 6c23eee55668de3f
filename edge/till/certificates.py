"""Key files in ZeroMQ's certificate format (`zmq.auth.load_certificate` reads them), closed to other users."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from edge.errors import RunError, UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.private_files import check_permissions

if TYPE_CHECKING:
    from pathlib import Path

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
