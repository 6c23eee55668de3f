"""Reads text files that people edit: in UTF-8 or UTF-16, with or without a byte order mark, as their editors write."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from edge.language.words import Words, words

if TYPE_CHECKING:
    from pathlib import Path

_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_TWO_CYRILLIC_LETTERS = re.compile(rb"[\xa8\xb8\xc0-\xff]{2}")
"""In Windows-1251, the encoding of a Russian Excel's plain CSV."""


def read_text(file: Path, most_bytes: int) -> str:
    """The text of a file, with the line ends that it has.

    Raises OSError when it cannot be read, and ValueError as `decode` does, and for more than `most_bytes` bytes.
    """
    with file.open("rb") as opened:
        content = opened.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(words("it has more than {most} KiB: make it smaller", most=most_bytes // 1024))
    return decode(content)


def decode(content: bytes) -> str:
    """The text of a file's content, without a byte order mark, and without NULs at the end, which programs in C add.

    UTF-16 needs its byte order mark. Other encodings are never guessed: a name in wrong letters would match nothing.
    Raises ValueError, a few words with the fix, for any other content.
    """
    try:
        text = content.decode("utf-16" if content.startswith(_UTF16_MARKS) else "utf-8-sig").rstrip("\0")
    except UnicodeDecodeError as problem:
        raise ValueError(_not_decoded(content, problem)) from None
    if (place := text.find("\0")) >= 0:
        number = text.count("\n", 0, place) + 1
        raise ValueError(words("line {number} has a NUL character: save the file as UTF-8", number=number))
    return text


def _not_decoded(content: bytes, problem: UnicodeDecodeError) -> Words:
    if problem.encoding != "utf-8":
        return words("it is damaged UTF-16: save it as UTF-8")
    begin, number = content.rfind(b"\n", 0, problem.start) + 1, content.count(b"\n", 0, problem.start) + 1
    line = content[begin:].partition(b"\n")[0]
    if _TWO_CYRILLIC_LETTERS.search(line):
        return words(
            "line {number} looks like Windows-1251: save the file as UTF-8, in Excel as CSV UTF-8", number=number
        )
    return words("line {number} is not UTF-8: save the file as UTF-8", number=number)
