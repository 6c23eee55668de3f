"""Camera addresses without their passwords, for logs, errors and pages."""

from __future__ import annotations

import re


def without_password(camera: str) -> str:
    """The camera setting without everything between the protocol and the last @.

    Cutting at the last @ is safe: a password that is not percent-encoded may contain any character, also @ and /.
    """
    return re.sub(r"^(\w*:/*)?.*@", r"\1", camera, flags=re.DOTALL)
