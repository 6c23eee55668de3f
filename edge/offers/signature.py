"""Signs sheets of offers and reads signed ones, see `edge.settings.signature`. The file:

edge-agent offers 1
<signature of the line above and of the JSON below, base64>
<the sheet as JSON>
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import ValidationError

from edge.errors import UsageError
from edge.language.words import words
from edge.offers.sheet import Sheet
from edge.settings.problems import in_one_line
from edge.settings.signature import public_key, read_bytes, signature_of, signed_body

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

VERSION = 1
"""Of the file format. A lane reads only this version."""

MOST_BYTES = 256 * 1024
"""Largest file: a thousand rules fit, and reading it takes some milliseconds."""

SHEET_HEADER = re.compile(rb"edge-agent offers (\d{1,9})")
"""The first line of a signed sheet."""

_NO_SHEET = words("{file} is not a sheet of offers: edge-agent offers sign makes one")
_NO_SECRET_KEY = words("{file} is not a secret key for offers: edge-agent offers new-key makes one")
_NO_PUBLIC_KEY = words("{file} is not a public key for offers: edge-agent offers new-key makes one")


def sign(sheet: Sheet, secret: Path) -> bytes:
    """The signed file. Raises UsageError if the key is invalid or readable by others, or if the sheet is too large."""
    header, body = b"edge-agent offers %d" % VERSION, sheet.model_dump_json(exclude_none=True).encode() + b"\n"
    whole = b"\n".join((header, signature_of(header + b"\n" + body, secret, _NO_SECRET_KEY), body))
    if len(whole) > MOST_BYTES:
        raise UsageError(
            words(
                "the sheet has {size} bytes, and a lane reads at most {most}: remove rules",
                size=len(whole),
                most=MOST_BYTES,
            )
        )
    return whole


def read_sheet(file: Path, key: Path, now: datetime | None) -> Sheet:
    """The sheet in a signed file. Raises UsageError, one line, if it is invalid, changed or expired. now: None to read
    one that has expired, too."""
    public = public_key(key, _NO_PUBLIC_KEY)
    whole = read_bytes(file, MOST_BYTES, words("cannot read the sheet of offers {file}: {reason}"))
    if len(whole) > MOST_BYTES:
        raise UsageError(
            words("{file} is not a sheet of offers: it has more than {most} bytes", file=file, most=MOST_BYTES)
        )
    _, body = signed_body(whole, file, SHEET_HEADER, VERSION, key, public, _NO_SHEET)
    try:
        sheet = Sheet.model_validate_json(body)
    except ValidationError as problem:
        raise UsageError(
            words(
                "{file} is signed, but this agent cannot use it: {problem}",
                file=file,
                problem=in_one_line(problem),
            )
        ) from None
    if now and sheet.expired(now):
        raise UsageError(
            words(
                "{file} expired on {expires_at:%Y-%m-%d %H:%M} UTC: sign a new one",
                file=file,
                expires_at=sheet.expires_at,
            )
        )
    return sheet
