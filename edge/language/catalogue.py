"""The catalogues: one gettext file for each language, `catalogues/ru.po`. English is the text in the code itself."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

ENGLISH = "en"

FOLDER = Path(__file__).parent / "catalogues"

LANGUAGES = (ENGLISH, *sorted(file.stem for file in FOLDER.glob("*.po")))
"""English, and each language that has a catalogue."""


def locale(language: str) -> Locale:
    """How a language writes numbers, dates and amounts. English is the British one, whose day is before its month."""
    return Locale.parse("en_GB" if language == ENGLISH else language)


@cache
def translations(language: str) -> Translations:
    """The catalogue of a language, as gettext and Jinja2 use it. It answers in English what it does not have."""
    compiled = BytesIO()
    if language != ENGLISH:
        with (FOLDER / f"{language}.po").open("rb") as file:
            write_mo(compiled, read_po(file, locale=language))
        compiled.seek(0)
    return Translations(compiled if language != ENGLISH else None)
