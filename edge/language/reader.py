"""The language of the person who runs a command: their errors are in it, also when the settings cannot be loaded."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from contextvars import ContextVar
from itertools import chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from edge.language.catalogue import ENGLISH, LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LANGUAGE_FLAG, _LANGUAGE_VARIABLE, _CONFIG_FLAG = "--language", "EDGE_LANGUAGE", "--config"
_SYSTEM_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The first that is set counts, see setlocale(3)."""

_MOST_CONFIG_BYTES = 256 * 1024
"""Of a config file, as much as is ever read."""
_LANGUAGE_OR_INCLUDE = re.compile(r"""[ \t]*(language|include)[ \t]*=[ \t]*(["'])(.*?)\2""")
_BEGINS_TABLE = re.compile(r"[ \t]*\[\[?[ \t]*[A-Za-z_]")
"""A line that begins a table: below it no setting of the whole box can be."""

_reader: ContextVar[str] = ContextVar("reader", default=ENGLISH)


def speak(language: str) -> None:
    """From now on the errors of this command are in this language."""
    _reader.set(language)


def reader() -> str:
    """The language for errors."""
    return _reader.get()


def asked_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language that is asked for, before anything is checked: by a flag, a variable, the config file or the system,
    in this order, as the setting `language` itself; else English.

    The config file may be broken: the line that sets the language needs no other.
    """
    asked = chain(
        _values(_LANGUAGE_FLAG, arguments),
        [environment.get(_LANGUAGE_VARIABLE, "")],
        (language for file in _values(_CONFIG_FLAG, arguments) for language in _languages_in(Path(file))),
    )
    return next((each for each in asked if each in LANGUAGES), system_language(environment))


def system_language(environment: Mapping[str, str]) -> str:
    """The language of the system, as its locale says, if it has a catalogue; else English."""
    locale = next(filter(None, map(environment.get, _SYSTEM_VARIABLES)), "")
    language = re.split("[_.@]", locale)[0]
    return language if language in LANGUAGES else ENGLISH


def _values(flag: str, arguments: Sequence[str]) -> list[str]:
    """The values of a flag, the last first, because it counts."""
    words = [part for argument in arguments for part in argument.split("=", 1)]
    return [value for name, value in pairwise(words) if name == flag][::-1]


def _languages_in(file: Path) -> Iterator[str]:
    """What a config file, then the file that it includes, says about the language."""
    own = _top_level(file)
    yield own.get("language", "")
    if "include" in own:
        yield _top_level(file.parent / own["include"]).get("language", "")


def _top_level(file: Path) -> dict[str, str]:
    """The language and the included file that a config file names above its tables, also if it is not valid TOML."""
    found: dict[str, str] = {}
    for line in _content(file).splitlines():
        if _BEGINS_TABLE.match(line):
            break
        if setting := _LANGUAGE_OR_INCLUDE.match(line):
            found[setting[1]] = setting[3]
    return found


def _content(file: Path) -> str:
    """The text of a file; empty if there is none. What is not a regular file, such as a pipe, can be read only once."""
    content = b""
    with suppress(OSError, ValueError):
        if file.is_file():
            with file.open("rb") as opened:
                content = opened.read(_MOST_CONFIG_BYTES)
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_utf16 else "utf-8-sig", errors="replace")
