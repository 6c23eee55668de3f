"""The lines of a TOML file on which its settings begin."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]
"""Of a setting: the names of its tables and its own; for `[[lane]]` tables, their number, from 0."""

_LONGEST = 1000
"""Lines of one value. A longer one has no place of its own, because each of its lines costs a try of the parser."""


def lines_of(text: str) -> dict[Path, int]:
    """The line, from 1, of every table and setting of a valid TOML text. A name that is given twice, as by a table and
    its settings, has the first line."""
    places: dict[Path, int] = {}
    last: dict[str, int] = {}  # the number of the last [[table]] of a name
    table: Path = ()
    for line, statement in _statements(text):
        content = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            first, *inner = _head(content)
            if statement.lstrip().startswith("[[") and not inner:
                last[first] = last.get(first, -1) + 1
            table = (first, last[first], *inner) if first in last else (first, *inner)
            places.setdefault(table, line)
        else:
            for path in _paths(content):
                for length in range(1, len(path) + 1):
                    places.setdefault((*table, *path[:length]), line)
    return places


def _head(content: Any) -> list[str]:
    """The name of a table, from its parsed head."""
    names = []
    while content:
        if isinstance(content, list):
            content = content[0]
        else:
            name, content = next(iter(content.items()))
            names.append(name)
    return names


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Every table's head and every setting, with the line on which it begins. A statement is complete when it can be
    parsed by itself."""
    gathered: list[str] = []
    begin = 1
    for number, line in enumerate(text.split("\n"), start=1):
        if not gathered:
            begin = number
            if not line.strip() or line.lstrip().startswith("#"):
                continue
        gathered.append(line)
        statement = "\n".join(gathered) + "\n"
        try:
            tomllib.loads(statement)
        except ValueError:
            if len(gathered) > _LONGEST:
                return
            continue
        gathered.clear()
        yield begin, statement


def _paths(content: Any, above: Path = ()) -> Iterator[Path]:
    """The path of each value; tables in lists have their numbers. Of an empty table or list, its own."""
    inner = dict(enumerate(content)) if isinstance(content, list) else content
    if isinstance(inner, dict) and inner and not (isinstance(content, list) and not isinstance(content[0], dict)):
        for name, value in inner.items():
            yield from _paths(value, (*above, name))
    else:
        yield above
