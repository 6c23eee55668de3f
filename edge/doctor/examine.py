"""Runs checks one after another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.doctor.finding import FIX_FIRST, Check, Finding, Target
from edge.doctor.titles import title_of
from edge.language.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def examine(
    checks: Iterable[Check[Target]],
    target: Target,
    lane: str | None = None,
    begin: Callable[[str], object] = str,
) -> Iterator[Finding]:
    """Yield each check's finding as soon as it is known. A check is skipped when one that it needs found a problem.

    begin: called with the name of each check before it runs.
    """
    failed: dict[str, str] = {}  # a check that failed or was skipped -> the check whose problem caused it
    for check in checks:
        begin(check.name)
        if cause := next((failed[name] for name in check.after if name in failed), None):
            title = title_of(cause)
            found = Finding("warning", words("not checked: see {cause}", cause=title), FIX_FIRST.format(check=title))
            failed[check.name] = cause
        else:
            found = check.finding(target)
            if found.verdict == "problem":
                failed[check.name] = check.name
        yield replace(found, name=check.name, lane=lane)
