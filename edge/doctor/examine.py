"""Makes checks, one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.doctor.finding import MEND_FIRST, Check, Finding, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def examine(checks: Iterable[Check[Target]], subject: Target, lane: str | None = None) -> Iterator[Finding]:
    """What each check finds, as soon as it is made. Where another that it needs found a problem, it is not made."""
    failed: dict[str, str] = {}  # and the one that is at the root of it
    for one in checks:
        if root := next((failed[name] for name in one.after if name in failed), None):
            found = Finding("warning", f"not checked: see {root}", MEND_FIRST.format(check=root))
            failed[one.name] = root
        else:
            found = one.finding(subject)
            if found.verdict == "problem":
                failed[one.name] = one.name
        yield replace(found, name=one.name, lane=lane)
