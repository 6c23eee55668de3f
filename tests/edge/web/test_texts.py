"""The setup page's texts: those that its scripts use, in every language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from edge import web
from edge.language.catalogue import LANGUAGES
from edge.web.texts import PAGE_TEXTS, script

PAGE = Path(web.__file__).parent / "page"
SOURCES = "\n".join(file.read_text(encoding="utf-8") for file in PAGE.iterdir() if file.suffix in {".js", ".html"})
USED = set(re.findall(r'translate\("(\w+)"|data-(?:word|label|alt)="(\w+)"', SOURCES))


BEGINNINGS = tuple(re.findall(r"translate\(`(\w+)\$\{", SOURCES))
"""Of names that end with a value: the effect of a change."""


def exported(name: str) -> dict[str, dict[str, object]]:
    """An object that the script exports."""
    (found,) = re.findall(rf"^export const {name} = (.*);$", script(), re.MULTILINE)
    loaded = json.loads(found)
    assert isinstance(loaded, dict)
    return loaded


def test_every_text_that_the_page_uses_exists() -> None:
    assert {first or second for first, second in USED} <= set(PAGE_TEXTS)


@pytest.mark.parametrize("name", PAGE_TEXTS)
def test_every_text_is_used(name: str) -> None:
    assert re.search(rf"\b{name}\b", SOURCES) or name.startswith(BEGINNINGS)


def test_the_script_has_every_text_in_every_language_under_its_own_name() -> None:
    assert set(exported("TEXTS")) == set(LANGUAGES)
    assert all(set(texts) == {*PAGE_TEXTS, "years"} for texts in exported("TEXTS").values())
    assert exported("NAMES") == {"en": "English", "ru": "Русский"}


def test_ages_have_the_plural_of_their_number() -> None:
    years = exported("TEXTS")["ru"]["years"]
    assert isinstance(years, list)
    assert [years[age] for age in (0, 1, 21, 23, 25, 112)] == [
        "0 лет",
        "1 год",
        "21 год",
        "23 года",
        "25 лет",
        "112 лет",
    ]
