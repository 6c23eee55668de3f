"""What a check is, and what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from edge.errors import EdgeError

Severity = Literal["ok", "warning", "problem"]

MEND_FIRST = "mend {check} first, and run edge-agent doctor again"
WITH_SUDO = "run the same again with sudo in front"
REPORT = "run edge-agent doctor again; if this line stays, send it, and what edge-agent --version prints, to support"

ALWAYS = (MEND_FIRST, WITH_SUDO, REPORT)
"""Mends that any check may have: where one that it needs found a problem, where only root may look, and where the check
itself fails."""

Target = TypeVar("Target")
"""What a check looks at: the box, or one of its lanes."""


class NotChecked(Exception):  # noqa: N818  # it is no error
    """What a check wants to look at cannot be looked at now. mend: what makes it possible."""

    def __init__(self, why: str, mend: str, **places: object) -> None:
        super().__init__(why)
        self.mend = mend.format(**places)


@dataclass(frozen=True)
class Finding:
    """One line of the result. name: of the check. lane: whose it is, None for the box. seen: what was found, in words.
    mend: what to do about it, literally; empty when all is well."""

    verdict: Severity
    seen: str
    mend: str = ""
    name: str = ""
    lane: str | None = None


def ok(seen: str) -> Finding:
    return Finding("ok", seen)


def warning(seen: str, mend: str, **places: object) -> Finding:
    """The lane works, but not as it could, or something could not be looked at. mend: one of the check's, with the
    names in braces that `places` fills."""
    return Finding("warning", seen, mend.format(**places))


def problem(seen: str, mend: str, **places: object) -> Finding:
    """The lane does not work like that."""
    return Finding("problem", seen, mend.format(**places))


@dataclass(frozen=True)
class Check(Generic[Target]):
    """One thing that is looked at.

    asks: what it wants to know, as a question. mends: all that it may tell to do; the first one also where the check
    raises an EdgeError, whose text is then what was seen. after: the checks without which it makes no sense.
    """

    name: str
    asks: str
    mends: tuple[str, ...]
    after: tuple[str, ...]
    examine: Callable[[Target], Finding]

    def finding(self, subject: Target) -> Finding:
        """What the check finds, whatever happens. Never raises."""
        try:
            return self.examine(subject)
        except NotChecked as why:
            return Finding("warning", f"not checked: {why}", why.mend)
        except PermissionError as told:
            return Finding("warning", f"not checked: this user may not look at {told.filename}", WITH_SUDO)
        except EdgeError as told:
            return Finding("problem", str(told), in_capitals(self.mends[0]))
        except Exception as crash:  # a check that fails must not take the others with it
            return Finding("problem", f"this check failed itself: {type(crash).__name__}: {_first_line(crash)}", REPORT)

    def may_tell(self, mend: str) -> bool:
        """Whether a finding of this check may have that mend."""
        known = (*self.mends, *ALWAYS)
        return any(re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(one)), mend) for one in known)


def in_capitals(mend: str) -> str:
    """A mend with names where a finding has values: PORT for {port}."""
    return re.sub(r"\{(\w+)\}", lambda place: place[1].upper(), mend)


def check(
    name: str, asks: str, *mends: str, after: tuple[str, ...] = ()
) -> Callable[[Callable[[Target], Finding]], Check[Target]]:
    """Makes a check of a function, see `Check`."""
    return lambda examine: Check(name, asks, mends, after, examine)


def _first_line(crash: Exception) -> str:
    return str(crash).partition("\n")[0] or "it does not say why"
