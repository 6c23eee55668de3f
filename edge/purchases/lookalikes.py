"""The ways in which a person may read a text, whatever characters it is written with. Pure.

`bееr` with Cyrillic letters, `ПИBO` with a Latin B, `вин0`, `п.и.в.о` and full-width `ｗｉｎｅ` are read as the words
that they look like. Unicode says which characters look alike (UTS 39; the package `confusable-homoglyphs` has its
table). Pairs that people use although they only resemble each other, as n for п, are here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from string import ascii_letters, ascii_lowercase

from confusable_homoglyphs.confusables import is_confusable

LETTER = r"[^\W\d_]"
"""Pattern of a letter of any script."""

_RUSSIAN = "абвгдежзиклмнопрстуфхцчшщъыьэюя"
"""Without й and ё: they lose their marks."""
_LETTERS = frozenset(ascii_letters + _RUSSIAN + _RUSSIAN.upper())
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols without ink."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads words in one script. own: its letters. letters: for letters of the other script, what they look like.
    signs: the same for digits and signs. alike, shortest: of these letters, and how many of them, a word must be made
    that has no letter of this script: `cake` and `Nivea` are no Russian words, `BEPMYT` is one."""

    own: frozenset[str]
    letters: dict[int, int]
    signs: dict[int, int]
    alike: frozenset[str]
    shortest: int

    def read(self, text: str, *, signs: bool) -> str:
        """The text with every word read in this script. signs: read digits and signs as letters, too."""
        return _WORD.sub(lambda word: self._word(word[0], signs=signs), text)

    def _word(self, word: str, *, signs: bool) -> str:
        letters = [each for each in word if each.isalpha()]
        alike = len(word) >= self.shortest and self.alike.issuperset(letters)
        if len(letters) < 2 or (self.own.isdisjoint(letters) and not alike):
            return word
        # An article's number is no word.
        signs = signs and len(letters) * 2 >= len(word)
        return word.translate(self.letters | self.signs if signs else self.letters)


def _reader(own: str, letters: tuple[str, str], signs: tuple[str, str], alike: str, shortest: int) -> _Reader:
    return _Reader(frozenset(own), str.maketrans(*letters), str.maketrans(*signs), frozenset(alike), shortest)


_CAPITALS = "abcehkmoptxy"
"""English letters whose capitals are those of Russian letters."""
_READERS = (
    _reader(
        ascii_lowercase,
        ("авгеикмнопрстухшья", "abreukmhonpctyxwbr"),
        ("0134578@$!|€", "oieastbasiie"),
        "авгеикмнопрстухшья",
        4,
    ),
    # Twice, because some letters look like two: b like в and ь, m like м and т, n like п and и (N), r like г and я (R).
    _reader(_RUSSIAN, ("abcdehiklmnoprtuvwxy", "авсдениклмпоргтившху"), ("013468@", "оизчбва"), _CAPITALS, 5),
    _reader(_RUSSIAN, ("abcdehiklmnoprtuvwxy", "аьсдениклтиорятившху"), ("013468@", "олзчбва"), _CAPITALS, 5),
)
_WORD = re.compile(r"(?:[^\W_]|[@$!|€])+")
_SPACED = re.compile(r"(?<![^\W_])[^\W_](?:[^\w]{1,3}[^\W_]){2,}(?![^\W_])")
"""Single letters with spaces or signs between them."""
_INNER = re.compile(r"(?<=[^\W_])(?:[^\w\s]|_)+(?=[^\W_])")
"""Signs inside a word."""


def fold(text: str) -> str:
    """A text as it is written, without case, marks and invisible characters; letters of other scripts that look like
    English or Russian ones are those, and l, which looks like i, is i."""
    return _merged("".join(map(_letter, _without_marks(text))).casefold())


def readings(folded: str) -> list[str]:
    """The different readings of a text from `fold`, itself first."""
    joined = _INNER.sub("", _SPACED.sub(lambda found: re.sub(r"\W", "", found[0]), folded))
    written = dict.fromkeys([folded, joined])
    found = [reader.read(each, signs=signs) for reader in _READERS for signs in (False, True) for each in written]
    return list(dict.fromkeys([*written, *map(_merged, found)]))


def _without_marks(text: str) -> str:
    """With plain letters for full-width and other forms, without accents, overlays and invisible characters."""
    characters = unicodedata.normalize("NFKD", text)
    return "".join(each for each in characters if not (unicodedata.category(each) in _REMOVED or each in _BLANK))


_REMOVED = ("Mn", "Me", "Cf")


@cache
def _letter(character: str) -> str:
    """The English or Russian letter that a character looks like; the character itself if there is none."""
    if character in _LETTERS or character.isascii() or unicodedata.category(character)[0] not in "LS":
        return character
    name = unicodedata.name(character, "")
    if latin := _LATIN_NAME.search(name):
        return latin[1].lower()
    if (cyrillic := _CYRILLIC_NAME.fullmatch(name)) and cyrillic[1] in _RUSSIAN_NAMES:
        return _RUSSIAN_NAMES[cyrillic[1]]
    if not character.isalpha():
        return character
    # UTS 39 has some letters in one case only: small β looks like no b, but its capital looks like B.
    alike = [found for each in (character, character.swapcase()) for found in is_confusable(each, greedy=True) or ()]
    glyphs = (glyph["c"] for found in alike for glyph in found["homoglyphs"])
    return next((glyph for glyph in glyphs if glyph in _LETTERS), character)


_LATIN_NAME = re.compile(r"(?:LATIN|SYMBOL)(?: SMALL| CAPITAL)* LETTER(?: SMALL| CAPITAL)* ([A-Z])(?: WITH .*)?$")
"""Small capitals, letters with a stroke, and letters in circles and squares."""
_RUSSIAN_NAMES = {unicodedata.name(each).removeprefix("CYRILLIC SMALL LETTER "): each for each in _RUSSIAN}
_CYRILLIC_NAME = re.compile(r"CYRILLIC (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?([A-Z ]+?)(?: WITH .*)?")


def _merged(text: str) -> str:
    return text.replace("rn", "m").replace("vv", "w").replace("l", "i").replace("|", "i")
