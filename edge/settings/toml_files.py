"""Reads TOML files, and says in plain words what is wrong with one."""

from __future__ import annotations

import re
import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import Words, words
from edge.settings.text_files import read_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

MOST_TOML_BYTES = 256 * 1024
"""A lane's settings have some kilobytes, even with a zone of 64 corners."""
_MOST_LEVELS = 10
"""The deepest setting, a lane's zone, has six: the file, the lanes, a lane, a section, a list of points, a point."""
_MOST_KEY_PARTS = 100
"""The parser takes memory and time with the square of the parts of a dotted key."""
_KEY_PART = re.compile(r"[^=,\[\]{}#]+")
_QUOTED = re.compile(r"""\"[^"]*\"|'[^']*'""")

_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)")
_MISTAKES = (
    ("[Oo]verwrite|[Dd]eclare |[Dd]uplicate|[Mm]utate|immutable", words("it is set twice: remove one of the two")),
    ("escape|hex", words(r"""write a backslash twice (C:\\folder), or the text in 'single quotes'""")),
    ("digits", words("a number has too many digits")),
    ("Illegal character",
     words("there is a line end or an invisible character inside a text: write it in one line again")),
    ("[Dd]ate", words("there is no such date")),
    ("Unclosed|Unterminated|Expected '\\]+'", words("a quotation mark or a bracket is not closed")),
)  # fmt: skip
"""By a pattern for what the parser says."""
_OTHER_MISTAKE = words('write name = value, and text in "quotation marks"')
"""The rest is mostly text without quotation marks."""


def read_toml(file: Path | None) -> dict[str, Any]:
    """The parsed content of a TOML file; empty without a file. Raises UsageError."""
    return {} if file is None else parse_toml(toml_text(file), file)


def toml_text(file: Path) -> str:
    """The text of a TOML file, with the line ends that it has. Raises UsageError."""
    try:
        return read_text(file, MOST_TOML_BYTES)
    except OSError as problem:
        raise UsageError(
            words("cannot read the config {file}: {reason}", file=file, reason=system_words(problem))
        ) from None
    except ValueError as problem:
        raise UsageError(words("{file} is not TOML: {problem}", file=file, problem=problem)) from None


def parse_toml(text: str, file: Path) -> dict[str, Any]:
    """The content of a TOML text. file: where it is from. Raises UsageError."""
    if _has_long_key(text):
        raise _too_deep(file)
    try:
        content = tomllib.loads(text)
    except RecursionError:
        raise _too_deep(file) from None
    except ValueError as problem:  # not TOML, or a number of thousands of digits
        raise UsageError(
            words("{file} is not TOML: {problem}", file=file, problem=_in_plain_words(str(problem)))
        ) from None
    if _is_deeper(content, _MOST_LEVELS):
        raise _too_deep(file)
    return content


def _has_long_key(text: str) -> bool:
    """Whether a line may have a dotted key of more than _MOST_KEY_PARTS parts. More dots between two separators are in
    no setting."""
    for line in text.splitlines():
        parts = 0
        for part in _QUOTED.sub("x", line).split("."):
            parts = parts + 1 if _KEY_PART.fullmatch(part) else 0
            if parts > _MOST_KEY_PARTS:
                return True
    return False


def _is_deeper(content: dict[str, Any], levels: int) -> bool:
    """Whether tables and lists are nested in more than this many levels. Dotted keys may nest without limit, and the
    parser accepts them."""
    layer: list[Any] = [content]
    for _ in range(levels):
        values = (outer.values() if isinstance(outer, dict) else outer for outer in layer)
        layer = [inner for inner in chain.from_iterable(values) if isinstance(inner, dict | list)]
    return bool(layer)


def _too_deep(file: Path) -> UsageError:
    return UsageError(
        words(
            "{file} is nested too deeply: settings have at most {most} levels of tables and lists",
            file=file,
            most=_MOST_LEVELS,
        )
    )


def _in_plain_words(problem: str) -> Words:
    """What the parser says, as the place and what to do."""
    place = _PLACE.search(problem)
    mistake = next((text for pattern, text in _MISTAKES if re.search(pattern, problem)), _OTHER_MISTAKE)
    if place is None:
        return mistake
    if place[1]:
        return words("line {line}, column {column}: {problem}", line=place[1], column=place[2], problem=mistake)
    return words("at its end: {problem}", problem=mistake)
