"""The setup page's tokens, kept in the state folder for a working day: restarts while a lane is set up keep the links.

Older tokens are kept as hashes, to say of a link that it is old and not wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import UsageError
from edge.settings.files import replacing
from edge.settings.private_files import READ_OR_WRITE, check_permissions

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

TOKEN_FILE, VIEWER_TOKEN_FILE = "setup-page.token", "setup-page-viewer.token"
"""In the state folder of the first lane, readable for this user and root only."""
_TOKEN_BYTES = 18
_LIFE_S = 12 * 3600.0
"""An agent that starts later than this after the token was made makes a new one: a link from an earlier day opens
nothing, and an installer restarts a lane within hours."""
_EARLIER = 16
"""Tokens whose hashes are kept."""


class _Kept(BaseModel):
    """The content of the file. made_s: seconds since 1970. earlier: SHA-256 of the tokens before, the newest first."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    token: str = Field(pattern=r"^[A-Za-z0-9_-]{24}$")
    made_s: float
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tokens:
    """The token that opens the page, and the hashes of those that once did."""

    token: str
    earlier: tuple[str, ...] = ()

    def is_right(self, token: str) -> bool:
        """In constant time."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    def was_right(self, token: str) -> bool:
        return _hash(token) in self.earlier


def new_token() -> str:
    """144 bits, 24 characters."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def kept_tokens(file: Path) -> Tokens:
    """The tokens of this file, with a new one when there is none or it is too old. Raises OSError when it cannot be
    written."""
    kept, now_s = _read(file), time.time()
    if kept and 0 <= now_s - kept.made_s < _LIFE_S:
        return Tokens(kept.token, kept.earlier)
    earlier = (_hash(kept.token), *kept.earlier)[:_EARLIER] if kept else ()
    made = _Kept(token=new_token(), made_s=now_s, earlier=earlier)
    with replacing(file, mode=0o600) as draft:
        draft.write_text(made.model_dump_json() + "\n", encoding="utf-8")
    return Tokens(made.token, earlier)


def _read(file: Path) -> _Kept | None:
    """What the file holds; None when there is none, when others can read or write it, or when it is damaged."""
    try:
        check_permissions(file, file.lstat(), READ_OR_WRITE)
        return _Kept.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, UsageError, ValidationError):
        log.warning("%s cannot be trusted: the setup page has a new link", file)
        return None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
