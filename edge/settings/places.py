"""Where the value of a wrong setting comes from: a line of the file, an EDGE_* variable or a flag."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edge.settings.older import OLDER_NAMES
from edge.settings.place import NOWHERE, Place
from edge.settings.toml_files import toml_text
from edge.settings.toml_lines import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from edge.settings.toml_lines import Path as Name

_NAME = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")


@dataclass(frozen=True)
class Places:
    """The places of one lane's settings.

    flags, variables: the values that they give, nested. files: TOML; the first is the box's own, whose values win.
    table: the number of the lane's `[[lane]]` table, from 0.
    """

    flags: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[Path] = ()
    table: int | None = None
    prefix: str = "EDGE_"
    """Of the variables."""

    def place(self, name: Name, text: str = "") -> Place:
        """The place of a setting; nowhere for a flag and for a default.

        text: what is wrong; for problems of no single setting, the place is that of the first one which it names.
        """
        dotted = ".".join(map(str, name))
        own = bool(name) and text.startswith((f"{dotted} ", f"{dotted}:"))
        names = [name] if own else [*_mentioned(text), name]
        names += [OLDER_NAMES[dotted]] if dotted in OLDER_NAMES else []
        for each in filter(None, names):
            if _has(self.flags, each):
                return NOWHERE
            if _has(self.variables, each):
                return Place(variable=_variable(each, self.prefix))
            if found := self.line(each):
                return Place(*found)
        return NOWHERE

    def line(self, name: Name) -> tuple[Path, int] | None:
        """The file and the line of a setting, or of the innermost table or list that holds it; None when no file has
        any. The line of () is that of the lane's `[[lane]]` table."""
        lines = [(file, lines_of(toml_text(file))) for file in self.files]
        table: Name = () if self.table is None else ("lane", self.table)
        if not name:
            return next(((file, found[table]) for file, found in lines if table in found), None)
        for length in range(len(name), 0, -1):
            part = name[:length]
            for file, found in lines:
                own = found.get((*table, *(("name",) if part == ("lane",) else part)))
                if line := own or found.get(part):
                    return file, line
        return None


def _mentioned(text: str) -> Iterator[Name]:
    for found in _NAME.finditer(text):
        if "." in found[0] or "_" in found[0] or text.startswith(found[0]):
            yield tuple(found[0].split("."))


def _has(values: Any, name: Name) -> bool:
    """Whether nested values have a setting; of a list, the whole."""
    for part in name:
        if not isinstance(values, dict):
            return True
        if part not in values:
            return False
        values = values[part]
    return True


def _variable(name: Name, prefix: str) -> str:
    """The variable that gives a setting: its own, or that of a section as JSON."""
    texts = [part for part in name if isinstance(part, str)]
    set_here = {variable.upper() for variable in os.environ}
    for length in range(len(texts), 0, -1):
        if (variable := prefix + "__".join(texts[:length]).upper()) in set_here:
            return variable
    return prefix + "__".join(texts).upper()
