"""The language of the person who runs a command: their errors are in it."""

from __future__ import annotations

from contextvars import ContextVar
from itertools import pairwise
from typing import TYPE_CHECKING

from edge.language.catalogue import ENGLISH, LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FLAG, _VARIABLE = "--language", "EDGE_LANGUAGE"

_reader: ContextVar[str] = ContextVar("reader", default=ENGLISH)


def speak(language: str) -> None:
    """From now on the errors of this command are in this language."""
    _reader.set(language)


def reader() -> str:
    """The language for errors."""
    return _reader.get()


def asked_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language that a command line or the environment asks for, before either is checked; else English."""
    words = [part for argument in arguments for part in argument.split("=", 1)]
    asked = [value for flag, value in pairwise(words) if flag == _FLAG]
    return next((each for each in (*asked, environment.get(_VARIABLE)) if each in LANGUAGES), ENGLISH)
