"""Outputs that a lane can do without: when one fails, the lane goes on, and the log and the health say so."""

from __future__ import annotations

import errno
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from edge.errors import EdgeError

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

RETRY_S = 2.0
"""How often a page or a channel that could not be opened is tried again."""

_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE, errno.EMFILE, errno.ENFILE}
"""Errors of a disk or a system that may end without anybody changing a setting."""


class OptionalOutput:
    """The state of one output. One thread writes; `problem` may be read from any thread."""

    def __init__(self, name: str, fix: str = "", verb: Literal["written", "served"] = "written") -> None:
        """name, verb: for sentences such as "NAME cannot be written". fix: what to do about it, unless the reasons say
        so themselves."""
        self._name, self._fix, self._verb = name, fix, verb
        self._lost = 0
        self.problem = ""
        """Why the output fails, in one sentence; empty while it works."""

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Write in the `with` block. An OSError in it is noted, and not raised."""
        try:
            yield
        except OSError as problem:
            self.fail(problem)
        else:
            self.works()

    @contextmanager
    def opening(self, *, patient: bool) -> Iterator[None]:
        """Open the output in the `with` block. patient: an EdgeError in it is noted, and not raised."""
        try:
            yield
        except EdgeError as problem:
            if not patient:
                raise
            self.fail(str(problem))

    def fail(self, why: OSError | str) -> None:
        """One write has failed. Logged the first time, and when the reason changes."""
        self._lost += 1
        if isinstance(why, OSError):
            why = why.strerror or type(why).__name__
        text = ": ".join(filter(None, (f"{self._name} cannot be {self._verb}", why, self._fix)))
        if text != self.problem:
            log.warning("%s; the lane goes on", text)
        self.problem = text

    def works(self) -> None:
        """One write has succeeded. The first one after a failure is logged."""
        if self.problem:
            lost = f"; {self._lost} lost" if self._verb == "written" else ""
            log.info("%s can be %s again%s", self._name, self._verb, lost)
        self.problem, self._lost = "", 0


def may_pass(problem: OSError) -> bool:
    """Whether an error may end by itself, such as a full disk. Others, such as a missing folder, are wrong settings."""
    return problem.errno in _PASSING
