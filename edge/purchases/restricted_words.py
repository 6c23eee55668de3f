"""Recognises restricted goods by the words in a name or a text. Pure, but for reading the list of words once."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from edge.purchases.lookalikes import LETTER, fold, readings
from edge.settings.toml_files import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.settings.sections import OffersSettings

_AT_START = rf"(?<!{LETTER})"
_LIST = Path(__file__).with_name("restricted_words.toml")


class RestrictedWords:
    """The words of restricted_words.toml, which describes their form, and those of a shop."""

    def __init__(self, more: Iterable[str] = (), *, energy_drinks: bool = False) -> None:
        """more: of the shop. energy_drinks: whether names of energy drinks are allowed."""
        groups = _groups()
        names = ["alcohol", "tobacco"] if energy_drinks else ["alcohol", "tobacco", "energy_drinks"]
        self._words = [*(word for name in names for word in groups[name]), *more]
        self._anywhere = _either([word for word in self._words if word.startswith("*")])
        self._at_start = _either([word for word in self._words if not word.startswith("*")], _AT_START)
        self._harmless = _either(groups["harmless"], _AT_START)
        self.found_in = lru_cache(maxsize=4096)(self._found_in)
        """The first word of the list that a name or a text contains, in the list's form; None if it contains none."""

    @classmethod
    def of(cls, *lanes: OffersSettings) -> RestrictedWords:
        """What is restricted in any of the lanes."""
        more = tuple(dict.fromkeys(word for lane in lanes for word in lane.restricted_words))
        return _restricted_words(more, energy_drinks=all(lane.energy_drinks for lane in lanes))

    def _found_in(self, text: str) -> str | None:
        for reading in readings(self._harmless.sub(" ", fold(text))):
            if self._at_start.search(reading) or self._anywhere.search(reading):
                return next(word for word in self._words if _whole(word).search(reading))
        return None


@cache
def _restricted_words(more: tuple[str, ...], *, energy_drinks: bool) -> RestrictedWords:
    return RestrictedWords(more, energy_drinks=energy_drinks)


@cache
def _groups() -> dict[str, list[str]]:
    return {name: group["words"] for name, group in read_toml(_LIST).items()}


def _either(words: Iterable[str], start: str = "") -> re.Pattern[str]:
    """start: pattern that precedes each of the words."""
    return re.compile(start + "(?:" + "|".join(map(_pattern, words)) + ")")


@cache
def _whole(word: str) -> re.Pattern[str]:
    return _either([word], "" if word.startswith("*") else _AT_START)


def _pattern(word: str) -> str:
    """The pattern of a word in the form of the list, without its start."""
    folded = re.escape(fold(word.lstrip("*").removesuffix("*")))
    for sign, meaning in ((r"\ ", r"[\W\d_]+"), (r"\-", r"[\W\d_]*"), ("/", r"\s?/\s?"), (r"\*", f"{LETTER}*")):
        folded = folded.replace(sign, meaning)
    return folded if word.endswith(("*", ".")) else rf"{folded}(?!{LETTER})"
