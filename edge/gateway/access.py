"""Who a request is from: each till has a token of its own, which is compared by its hash."""

from __future__ import annotations

import hashlib
import hmac
import re
import ssl
from typing import TYPE_CHECKING

from edge.commands import shown
from edge.errors import UsageError
from edge.gateway.problems import HttpProblem
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.private_files import READ_OR_WRITE, check_permissions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from edge.gateway.settings import GatewaySettings, TillEntry

_USABLE_TOKEN = re.compile(r"[\x21-\x7e]{24,512}")
_MOST_BYTES = 4096
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="edge-gateway"'}


class Access:
    """The tokens of all tills, as hashes."""

    def __init__(self, tills: Iterable[TillEntry]) -> None:
        """Reads the token files. Raises UsageError when one is missing, too short, or readable by other users, and when
        two tills have the same token."""
        self._hashes: dict[str, str | None] = {each.name: token_hash(each) for each in tills}
        owners: dict[str, str] = {}
        for till, digest in self._hashes.items():
            if digest and (other := owners.setdefault(digest, till)) != till:
                raise UsageError(
                    words(
                        "tills {till} and {other} have the same token: give each till its own", till=other, other=till
                    )
                )

    def check(self, till: str, authorization: str | None) -> None:
        """Raise HttpProblem unless a request may speak for a till. authorization: the value of its header."""
        if till not in self._hashes and not any(self._hashes.values()):
            raise _no_such_till(till)
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
        # Every hash is compared, so that the time says nothing.
        owners = [name for name, each in self._hashes.items() if each and hmac.compare_digest(each, digest)]
        if till in self._hashes and self._hashes[till] is None and not token:
            return
        if scheme.lower() != "bearer" or not token:
            detail = f"till {shown(till)} needs a token: send the header Authorization: Bearer TOKEN"
            raise HttpProblem("no-token", detail, _CHALLENGE)
        if not owners:
            raise HttpProblem("wrong-token", "no till has this token: use the one in the till's token_file", _CHALLENGE)
        if till not in owners:
            raise HttpProblem("another-till", f"this token is not that of till {shown(till)}: a till uses its own")


def token_hash(entry: TillEntry) -> str | None:
    """The SHA-256 of a till's token, None if it has none. Raises UsageError."""
    if entry.token_file is None:
        return entry.token_sha256
    token = read_secret(entry.token_file)
    if not _USABLE_TOKEN.fullmatch(token):
        raise UsageError(
            words(
                "{file} has no token of at least 24 characters without spaces: make one with openssl rand -hex 32",
                file=entry.token_file,
            )
        )
    return hashlib.sha256(token.encode()).hexdigest()


def read_secret(file: Path) -> str:
    """The text of a file that only this user may read, without spaces around it. Raises UsageError."""
    try:
        with file.open("rb") as opened:
            check_permissions(file, file.stat(), READ_OR_WRITE)
            content = opened.read(_MOST_BYTES + 1)
        return content.decode().strip() if len(content) <= _MOST_BYTES else ""
    except OSError as problem:
        raise UsageError(words("cannot read {file}: {reason}", file=file, reason=system_words(problem))) from None
    except UnicodeDecodeError:
        return ""


def encryption(settings: GatewaySettings) -> ssl.SSLContext | None:
    """The TLS context of the certificate, None without one. Raises UsageError."""
    chain, key = settings.certificate, settings.certificate_key
    if chain is None or key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        check_permissions(key, key.stat(), READ_OR_WRITE)
        context.load_cert_chain(chain, key, password="")
    except ssl.SSLError:
        raise UsageError(
            words(
                "certificate {chain} and certificate_key {key} cannot be used: give a PEM file and its key, without a "
                "password",
                chain=chain,
                key=key,
            )
        ) from None
    except OSError as problem:
        file = problem.filename or chain
        raise UsageError(words("cannot read {file}: {reason}", file=file, reason=system_words(problem))) from None
    return context


def _no_such_till(till: str) -> HttpProblem:
    return HttpProblem("no-such-till", f"till {shown(till)} is not in the settings: add a [[till]] table")
