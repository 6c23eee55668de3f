"""One place where a setting is given, and how a problem names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.language.words import Words, words

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Place:
    """Where a setting is given. Without a file and a variable: as a flag, or nowhere."""

    file: Path | None = None
    line: int = 0
    variable: str = ""

    def __bool__(self) -> bool:
        return bool(self.file or self.variable)

    def of(self, problem: Words, after: Place | None = None) -> Words:
        """A problem with its place: `FILE, line 5: PROBLEM` or `EDGE_NAME: PROBLEM`.

        after: the place of the problem before in the same text; the same file is not named again.
        """
        if self.variable:
            return words("{variable}: {problem}", variable=self.variable, problem=problem)
        if self.file and after and after.file == self.file:
            return words("line {line}: {problem}", line=self.line, problem=problem)
        if self.file:
            return words("{file}, line {line}: {problem}", file=self.file, line=self.line, problem=problem)
        return problem


NOWHERE = Place()
