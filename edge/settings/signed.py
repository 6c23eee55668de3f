"""Signed settings for many boxes, see `edge.settings.signature`. The file is TOML whose first lines are comments:

    # edge-agent settings 1 2026-11-30T18:00:00.000000Z
    # <signature of the line above and of everything below, base64>
    <settings>

The time is that of the signature. It is signed, too, so that an older file can be recognised as older.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.language.words import words
from edge.settings.text_files import decode
from edge.settings.toml_files import MOST_TOML_BYTES

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1
"""Of the file format. An agent reads only this version."""

SETTINGS_HEADER = re.compile(rb"# edge-agent settings (\d{1,9}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})Z")
"""The first line of signed settings."""

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%f"
_NOT_SIGNED = words("{file} is not signed: edge-agent settings sign signs it")
_NO_SECRET_SETTINGS_KEY = words("{file} is not a secret key for settings: edge-agent settings new-key makes one")
_NO_PUBLIC_SETTINGS_KEY = words("{file} is not a public key for settings: edge-agent settings new-key makes one")


@dataclass(frozen=True, slots=True)
class SignedSettings:
    """text: the whole file, TOML, so that its lines have the numbers that an editor shows. made_at: when it was signed,
    in UTC."""

    text: str
    made_at: datetime


def sign(text: str, secret: Path, now: datetime) -> bytes:
    """Settings as a signed file. text: TOML; an earlier signature is replaced. now: with a zone. Raises UsageError if
    the key is invalid or readable by others, or if the settings are too large."""
    from edge.settings.signature import signature_of

    made_at = now.astimezone(timezone.utc).strftime(_TIME_FORMAT)
    header, body = f"# edge-agent settings {VERSION} {made_at}Z".encode(), without_signature(text).encode()
    whole = b"\n".join((header, b"# " + signature_of(header + b"\n" + body, secret, _NO_SECRET_SETTINGS_KEY), body))
    if len(whole) > MOST_TOML_BYTES:
        raise UsageError(
            words(
                "the settings have {size} bytes, and an agent reads at most {most}: make them smaller",
                size=len(whole),
                most=MOST_TOML_BYTES,
            )
        )
    return whole


def without_signature(text: str) -> str:
    """Signed settings as they were before."""
    head, _, rest = text.partition("\n")
    return rest.partition("\n")[2] if SETTINGS_HEADER.fullmatch(head.rstrip("\r").encode()) else text


def read_signed(file: Path, key: Path) -> SignedSettings:
    """Signed settings. key: the file with the public key. Raises UsageError, one line, unless the file is signed with
    this key, and was not changed since."""
    from edge.settings.signature import public_key, read_bytes, signed_body

    public = public_key(key, _NO_PUBLIC_SETTINGS_KEY)
    whole = read_bytes(file, MOST_TOML_BYTES, words("cannot read the shared settings {file}: {reason}"))
    if len(whole) > MOST_TOML_BYTES:
        raise UsageError(words("{file} has more than {most} bytes: make it smaller", file=file, most=MOST_TOML_BYTES))
    named, _ = signed_body(whole, file, SETTINGS_HEADER, VERSION, key, public, _NOT_SIGNED)
    try:
        made_at = datetime.strptime(named[2].decode(), _TIME_FORMAT).replace(tzinfo=timezone.utc)
        return SignedSettings(decode(whole), made_at)
    except ValueError as problem:  # signed by another program
        raise UsageError(
            words("{file} is signed, but this agent cannot use it: {problem}", file=file, problem=problem)
        ) from None
