"""Every text in the code is in every catalogue, with the same placeholders; and the check of that can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.language import texts
from edge.language.catalogue import FOLDER, LANGUAGES, translations

CATALOGUES = sorted(FOLDER.glob("*.po"))

CODE = """
from edge.language.words import counted, words
MINE = words("the camera sends {size} pictures")
HIS = counted("{n} till", "{n} tills", 3)
"""


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
def test_a_catalogue_has_every_text_and_no_other(file: Path) -> None:
    """To bring it up to date: python -m edge.language, then translate what is empty."""
    assert texts.check(file) == []


def test_a_language_is_a_file() -> None:
    assert ("en", *(file.stem for file in CATALOGUES)) == LANGUAGES
    assert "ru" in LANGUAGES
    assert translations("en").gettext("Sections") == "Sections"


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "edge"
    (package / "web" / "templates").mkdir(parents=True)
    (package / "lens.py").write_text(CODE, encoding="utf-8")
    (package / "web" / "templates" / "page.html").write_text('<h1>{{ _("Cashiers of {shop}") }}</h1>', encoding="utf-8")
    monkeypatch.setattr(texts, "ROOT", tmp_path)
    return package


def test_texts_are_found_in_code_and_templates(code: Path) -> None:
    assert {message.id for message in texts.texts() if message.id} == {
        "the camera sends {size} pictures", ("{n} till", "{n} tills"), "Cashiers of {shop}",
    }  # fmt: skip


def test_a_template_that_is_put_together_is_an_error(code: Path) -> None:
    bad = 'from edge.language.words import words\ntext = words(f"the camera {name}")\n'
    (code / "bad.py").write_text(bad, encoding="utf-8")
    with pytest.raises(ValueError, match=r"edge/bad.py:2: the template of words must be a literal"):
        texts.texts()


def test_update_adds_what_is_new_removes_what_is_gone_and_keeps_what_is_translated(code: Path, tmp_path: Path) -> None:
    file = tmp_path / "ru.po"
    file.write_text('msgid "Cashiers of {shop}"\nmsgstr "Кассиры: {shop}"\n\nmsgid "gone"\nmsgstr "нет"\n', "utf-8")
    texts.update(file)
    once = file.read_text("utf-8")
    assert "Кассиры: {shop}" in once
    assert "gone" not in once
    assert texts.check(file) == [
        "ru.po: 'the camera sends {size} pictures' has no translation",
        "ru.po: ('{n} till', '{n} tills') has no translation",
    ]
    texts.update(file)
    assert file.read_text("utf-8") == once


def test_the_check_finds_what_is_missing_unused_empty_doubtful_or_has_other_placeholders(
    code: Path, tmp_path: Path
) -> None:
    file = tmp_path / "ru.po"
    file.touch()
    texts.update(file)
    good = file.read_text("utf-8")
    good = good.replace('{size} pictures"\nmsgstr ""', '{size} pictures"\nmsgstr "снимки {size}"')
    good = good.replace('{shop}"\nmsgstr ""', '{shop}"\nmsgstr "Кассиры: {shop}"')
    for form, russian in enumerate(("касса", "кассы", "касс")):
        good = good.replace(f'msgstr[{form}] ""', f'msgstr[{form}] "{{n}} {russian}"')

    def problems(text: str) -> list[str]:
        file.write_text(text, "utf-8")
        return texts.check(file)

    assert problems(good) == []
    assert problems(good + '\nmsgid "old"\nmsgstr "старый"\n') == ["ru.po: 'old' is not used"]
    assert problems(good.replace("снимки {size}", "снимки {what}")) == [
        "ru.po: 'the camera sends {size} pictures' has other placeholders than its translation 'снимки {what}'"
    ]
    assert problems(good.replace('"{n} касс"', '""')) == ["ru.po: ('{n} till', '{n} tills') has no translation"]
    assert problems(good.replace('msgid "Cashiers', '#, fuzzy\nmsgid "Cashiers')) == [
        "ru.po: 'Cashiers of {shop}' is marked as doubtful (fuzzy)"
    ]
    without = good.replace('msgid "Cashiers of {shop}"\nmsgstr "Кассиры: {shop}"\n', "")
    assert problems(without) == ["ru.po: 'Cashiers of {shop}' is missing"]
