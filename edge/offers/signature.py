"""Signs sheets of offers and reads signed ones: Ed25519 (RFC 8032), from the library `cryptography`.

A lane holds only the public key. A thief who takes a box, or breaks into it, cannot sign offers for other boxes; with a
secret shared by all lanes, as in HMAC, they could. The file:

    edge-agent offers 1
    <signature of the line above and of the JSON below, base64>
    <the sheet as JSON>
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from pydantic import ValidationError

from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import Words, words
from edge.offers.sheet import Sheet
from edge.settings.problems import in_one_line
from edge.till.certificates import READ_OR_WRITE, WRITE, check_permissions, write_new_file

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

VERSION = 1
"""Of the file format. A lane reads only this version."""

MOST_BYTES = 256 * 1024
"""Largest file: a thousand rules fit, and reading it takes some milliseconds."""

_HEADER = re.compile(rb"edge-agent offers (\d{1,9})")
_KEY_BYTES = 4096


def new_keys(secret: Path, public: Path) -> None:
    """Create a key pair. The secret key (mode 0600) signs sheets and stays in the office; the public key goes to the
    lanes. Raises UsageError for a file that exists, RunError for one that cannot be written."""
    if public.exists():
        raise UsageError(words("{file} exists already: move it away, or name another file with --out", file=public))
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        write_new_file(secret, pem.decode())
        public_pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        write_new_file(public, public_pem.decode(), 0o644)
    except FileExistsError as problem:
        raise UsageError(
            words("{file} exists already: move it away, or name another file with --out", file=problem.filename)
        ) from None


def sign(sheet: Sheet, secret: Path) -> bytes:
    """The signed file. Raises UsageError if the key is invalid or readable by others, or if the sheet is too large."""
    key = _secret_key(secret)
    header, body = b"edge-agent offers %d" % VERSION, sheet.model_dump_json(exclude_none=True).encode() + b"\n"
    signature = base64.b64encode(key.sign(header + b"\n" + body))
    whole = b"\n".join((header, signature, body))
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
    public = _public_key(key)
    whole = _read(file, MOST_BYTES, words("cannot read the sheet of offers {file}: {reason}"))
    if len(whole) > MOST_BYTES:
        raise UsageError(
            words("{file} is not a sheet of offers: it has more than {most} bytes", file=file, most=MOST_BYTES)
        )
    header, _, rest = whole.partition(b"\n")
    signature, _, body = rest.partition(b"\n")
    if not (named := _HEADER.fullmatch(header)):
        raise UsageError(words("{file} is not a sheet of offers: edge-agent offers sign makes one", file=file))
    if int(named[1]) != VERSION:
        raise UsageError(
            words(
                "{file} has version {theirs}, and this agent reads version {ours}: sign it again",
                file=file,
                theirs=int(named[1]),
                ours=VERSION,
            )
        )
    try:
        public.verify(base64.b64decode(signature, validate=True), header + b"\n" + body)
    except (InvalidSignature, binascii.Error):
        raise UsageError(
            words("{file} is not signed with the key {key}, or was changed since: sign it again", file=file, key=key)
        ) from None
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


def _secret_key(file: Path) -> Ed25519PrivateKey:
    pem = _read(file, _KEY_BYTES, words("cannot read the key {file}: {reason}"), READ_OR_WRITE)
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(words("{file} is not a secret key for offers: edge-agent offers new-key makes one", file=file))
    return key


def _public_key(file: Path) -> Ed25519PublicKey:
    pem = _read(file, _KEY_BYTES, words("cannot read the key {file}: {reason}"), WRITE)
    try:
        key = load_pem_public_key(pem)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(words("{file} is not a public key for offers: edge-agent offers new-key makes one", file=file))
    return key


def _read(file: Path, most: int, cannot: Words, forbidden: int | None = None) -> bytes:
    """The file's first `most` + 1 bytes. cannot: the error. forbidden: mode bits it must not have."""
    try:
        with file.open("rb") as opened:
            if forbidden is not None:
                check_permissions(file, os.fstat(opened.fileno()), forbidden)
            return opened.read(most + 1)
    except OSError as problem:
        raise UsageError(cannot.format(file=file, reason=system_words(problem))) from None
