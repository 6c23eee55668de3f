"""Signatures of files that a chain sends to its boxes: Ed25519 (RFC 8032), from the library `cryptography`.

A box holds only the public key. A thief who takes a box, or breaks into it, cannot sign for other boxes; with a secret
shared by all boxes, as in HMAC, they could. Every kind of file names itself in the first line that is signed, so that a
file of one kind is never accepted as another, also if both are signed with the same key.
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

from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import Words, words
from edge.settings.private_files import READ_OR_WRITE, WRITE, check_permissions, write_new_file

if TYPE_CHECKING:
    from pathlib import Path

_KEY_BYTES = 4096


def new_keys(secret: Path, public: Path) -> None:
    """Create a key pair. The secret key (mode 0600) signs and stays in the office; the public key goes to the boxes.
    Raises UsageError for a file that exists, RunError for one that cannot be written."""
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


def signature_of(content: bytes, secret: Path, no_key: Words) -> bytes:
    """The signature, in base64. no_key: the error for a `{file}` that holds no secret key. Raises UsageError, also for
    a key that others may read."""
    pem = read_bytes(secret, _KEY_BYTES, words("cannot read the key {file}: {reason}"), READ_OR_WRITE)
    try:
        key = load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(no_key.format(file=secret))
    return base64.b64encode(key.sign(content))


def public_key(file: Path, no_key: Words) -> Ed25519PublicKey:
    """A public key. no_key: the error for a `{file}` that holds none. Raises UsageError, also for a key that others may
    change."""
    pem = read_bytes(file, _KEY_BYTES, words("cannot read the key {file}: {reason}"), WRITE)
    try:
        key = load_pem_public_key(pem)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(no_key.format(file=file))
    return key


def is_signed(content: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether a signature, in base64, is that of the content with the key's secret half."""
    try:
        key.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, binascii.Error):
        return False
    return True


def signed_body(
    whole: bytes,
    file: Path,
    header: re.Pattern[bytes],
    version: int,
    key: Path,
    public: Ed25519PublicKey,
    no_kind: Words,
) -> tuple[re.Match[bytes], bytes]:
    """The first line of a signed file, and all that follows the signature in the second line.

    header: the first line of this kind of file; its first group is the version of the format. key: the file of the
    public key. no_kind: the error for a `{file}` with another first line. Raises UsageError, one line, unless the file
    is signed with this key and was not changed since.
    """
    first, _, rest = whole.partition(b"\n")
    signature, _, body = rest.partition(b"\n")
    if not (named := header.fullmatch(first)):
        raise UsageError(no_kind.format(file=file))
    if int(named[1]) != version:
        raise UsageError(
            words(
                "{file} has version {theirs}, and this agent reads version {ours}: sign it again",
                file=file,
                theirs=int(named[1]),
                ours=version,
            )
        )
    if not is_signed(first + b"\n" + body, signature.removeprefix(b"# "), public):
        raise UsageError(
            words("{file} is not signed with the key {key}, or was changed since: sign it again", file=file, key=key)
        )
    return named, body


def read_bytes(file: Path, most: int, cannot: Words, forbidden: int | None = None) -> bytes:
    """The file's first `most` + 1 bytes. cannot: the error, with {file} and {reason}. forbidden: mode bits it must not
    have. Raises UsageError."""
    try:
        with file.open("rb") as opened:
            if forbidden is not None:
                check_permissions(file, os.fstat(opened.fileno()), forbidden)
            return opened.read(most + 1)
    except OSError as problem:
        raise UsageError(cannot.format(file=file, reason=system_words(problem))) from None
