"""`Check` and `Finding`: what the doctor runs, and what each run returns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from edge.doctor.titles import title_of
from edge.errors import EdgeError
from edge.language.words import Words, verbatim, words

Severity = Literal["ok", "warning", "problem"]

FIX_FIRST = words("fix {check} first, then run edge-agent doctor again")
WITH_SUDO = words("run the same command again with sudo in front")
REPORT = words(
    "run edge-agent doctor again; if this line stays, send it and the output of edge-agent --version to support"
)

GENERAL_FIXES = (FIX_FIRST, WITH_SUDO, REPORT)
"""Fixes that any check may return: a check that it needs found a problem, only root has access, or the check itself
crashed."""

Target = TypeVar("Target")
"""What a check examines: the box, or one of its lanes."""


class NotChecked(Exception):  # noqa: N818  # it is not an error
    """Raised by a check whose target is not available now. fix: how to make it available."""

    def __init__(self, why: Words, fix: Words, **values: object) -> None:
        super().__init__(why)
        self.fix = fix.format(**values)


@dataclass(frozen=True)
class Finding:
    """One line of the result.

    seen: what was found, in words. fix: what to do about it, literally; empty when the verdict is "ok". name: of the
    check. lane: the lane's name; None for a check of the box.
    """

    verdict: Severity
    seen: Words
    fix: Words = verbatim("")
    name: str = ""
    lane: str | None = None

    @property
    def title(self) -> Words:
        """Of the check."""
        return title_of(self.name)

    def as_json(self, written: Callable[[Words], object]) -> dict[str, object]:
        """The fields as `--json` prints them; there `fix` is called "mend". written: turns a text into what
        is printed, for example into Russian."""
        seen, fix = written(self.seen), written(self.fix)
        return {"verdict": self.verdict, "seen": seen, "mend": fix, "name": self.name, "lane": self.lane}


def ok(seen: Words) -> Finding:
    return Finding("ok", seen)


def warning(seen: Words, fix: Words, **values: object) -> Finding:
    """The lane works, but not as well as it could, or something could not be checked. fix: one of the check's fixes;
    `values` replace its names in braces."""
    return Finding("warning", seen, fix.format(**values))


def problem(seen: Words, fix: Words, **values: object) -> Finding:
    """The lane does not work. fix, values: as for `warning`."""
    return Finding("problem", seen, fix.format(**values))


@dataclass(frozen=True)
class Check(Generic[Target]):
    """One check.

    question: what the check answers. fixes: every fix that its findings may contain; the first one is also used when
    the check raises an EdgeError, whose text then says what was found. after: names of the checks that must not have
    found a problem before this one makes sense.
    """

    name: str
    question: str
    fixes: tuple[Words, ...]
    after: tuple[str, ...]
    examine: Callable[[Target], Finding]

    def finding(self, target: Target) -> Finding:
        """Run the check. Never raises."""
        try:
            return self.examine(target)
        except NotChecked as reason:
            return Finding("warning", words("not checked: {reason}", reason=reason), reason.fix)
        except PermissionError as error:
            return Finding(
                "warning", words("not checked: this user may not open {filename}", filename=error.filename), WITH_SUDO
            )
        except EdgeError as error:
            return Finding("problem", verbatim(error), in_capitals(self.fixes[0]))
        except Exception as crash:  # a check that crashes must not stop the others
            return Finding(
                "problem",
                words(
                    "this check crashed: {kind}: {message}",
                    kind=type(crash).__name__,
                    message=_first_line(crash),
                ),
                REPORT,
            )


def in_capitals(fix: Words) -> Words:
    """A fix with the names of its missing values in capitals: PORT for {port}."""
    return fix.format(**{name: name.upper() for name in fix.names if name not in fix.values})


def check(
    name: str, question: str, *fixes: Words, after: tuple[str, ...] = ()
) -> Callable[[Callable[[Target], Finding]], Check[Target]]:
    """Decorator that turns a function into a `Check`."""
    return lambda examine: Check(name, question, fixes, after, examine)


def _first_line(crash: Exception) -> Words:
    return verbatim(str(crash).partition("\n")[0]) if str(crash) else words("no message")
