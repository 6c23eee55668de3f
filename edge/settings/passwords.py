"""Camera addresses without their passwords, for logs, errors, pages and records."""

from __future__ import annotations

import re

_SECRET = re.compile(
    r"((?:^|[?&;/\s!])[\w-]*(?:user|usr|login|pass|pwd|pw|token|secret|auth|key)[\w-]*\s*=)"
    r"""(?:"[^"]*"|'[^']*'|[^&;\s]+)""",
    re.IGNORECASE,
)
"""A secret with its name: `snapshot.cgi?usr=admin&pwd=secret`, `/user=admin_password=secret_channel=1`,
`user-pw=secret` in a pipeline."""


def without_password(camera: str) -> str:
    """The camera setting without everything between the protocol and the last @, and without the values of names such
    as `password` in it.

    Cutting at the last @ is safe: a password that is not percent-encoded may contain any character, also @ and /.
    """
    return _SECRET.sub(r"\1...", re.sub(r"^(\w*:/*)?.*@", r"\1", camera, flags=re.DOTALL))
