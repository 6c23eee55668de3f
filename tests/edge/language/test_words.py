"""Texts that know their template: English as a str, other languages on request."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from edge.errors import RunError
from edge.language import catalogue
from edge.language.formats import Shown, money, percent
from edge.language.words import Words, counted, in_language, joined, verbatim, words, writer

RUSSIAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2;\\n"

msgid "{camera} sends {rate:.1f} pictures/s"
msgstr "{camera}: {rate:.1f} кадра в секунду"

msgid "the lens is covered"
msgstr "объектив закрыт"

msgid "{n} problem"
msgid_plural "{n} problems"
msgstr[0] "{n} неисправность"
msgstr[1] "{n} неисправности"
msgstr[2] "{n} неисправностей"

msgid "{cashier} skipped {share} of {sum}, since {since}"
msgstr "{cashier}: пропущено {share} из {sum}, с {since}"
"""


@pytest.fixture(autouse=True)
def _made_up_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "ru.po").write_text(RUSSIAN, encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    catalogue.translations.cache_clear()
    yield
    catalogue.translations.cache_clear()


def test_it_is_the_english_text_and_can_be_asked_for_another_language() -> None:
    text = words("{camera} sends {rate:.1f} pictures/s", camera="/dev/video0", rate=7.25)
    assert text == "/dev/video0 sends 7.2 pictures/s"
    assert json.dumps(text) == '"/dev/video0 sends 7.2 pictures/s"'
    assert in_language(text, "ru") == "/dev/video0: 7,2 кадра в секунду"
    assert type(in_language(text, "en")) is str


def test_a_text_without_values_is_a_template_for_later() -> None:
    template = words("{camera} sends {rate:.1f} pictures/s")
    assert template == "{camera} sends {rate:.1f} pictures/s"
    assert template.format(camera=0, rate=1234.0) == "0 sends 1234.0 pictures/s"
    assert in_language(template.format(camera=0, rate=12.0), "ru") == "0: 12,0 кадра в секунду"


def test_plurals_are_those_of_the_language() -> None:
    problems = [counted("{n} problem", "{n} problems", n) for n in (1, 2, 5, 11, 21)]
    assert problems == ["1 problem", "2 problems", "5 problems", "11 problems", "21 problems"]
    assert [in_language(text, "ru") for text in problems] == [
        "1 неисправность", "2 неисправности", "5 неисправностей", "11 неисправностей", "21 неисправность",
    ]  # fmt: skip


def test_texts_within_texts_are_in_the_same_language() -> None:
    covered = words("the lens is covered")
    both = joined("; ", [covered, "0x1F {}", counted("{n} problem", "{n} problems", 3)])
    assert both == "the lens is covered; 0x1F {}; 3 problems"
    assert in_language(both, "ru") == "объектив закрыт; 0x1F {}; 3 неисправности"
    assert joined(", ", []) == in_language(joined(", ", []), "ru") == ""


def test_values_are_written_as_the_language_does() -> None:
    text = words(
        "{cashier} skipped {share} of {sum}, since {since}", cashier="c-21", share=Shown(percent, 0.394),
        sum=Shown(money, 1234.5, {"currency": "RUB"}), since=date(2026, 11, 5),
    )  # fmt: skip
    assert text.replace("\N{NO-BREAK SPACE}", " ") == "c-21 skipped 39% of RUB 1,234.50, since 5 Nov 2026"
    russian = in_language(text, "ru").replace("\N{NO-BREAK SPACE}", " ")
    assert russian.replace("\N{NARROW NO-BREAK SPACE}", " ") == "c-21: пропущено 39 % из 1 234,50 ₽, с 5 нояб. 2026 г."


def test_whole_numbers_keep_their_digits_and_moments_their_minute() -> None:
    at = datetime(2026, 11, 5, 14, 20).astimezone()
    assert in_language(verbatim("x").format(text=at), "ru") == "5 нояб. 2026, 14:20"
    assert in_language(words("{number} {yes}", number=2026, yes=True), "ru") == "2026 True"


def test_errors_carry_the_text_and_give_it_back() -> None:
    error = RunError(words("the lens is covered"))
    assert isinstance(str(error), Words)
    assert in_language(verbatim(error), "ru") == "объектив закрыт"
    assert in_language(verbatim(OSError(2, "No such file")), "ru") == "[Errno 2] No such file"


def test_copies_and_pickles_are_still_words() -> None:
    text = counted("{n} problem", "{n} problems", 2)
    for again in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):  # noqa: S301
        assert again == text
        assert in_language(again, "ru") == "2 неисправности"


def test_what_the_catalogue_does_not_have_stays_english() -> None:
    assert in_language(words("not translated: {name}", name="x"), "ru") == "not translated: x"
    assert in_language("a plain str", "ru") == "a plain str"


def test_templates_of_pages_are_written_in_one_language() -> None:
    assert writer("ru")("{camera} sends {rate:.1f} pictures/s", camera="0", rate=2.5) == "0: 2,5 кадра в секунду"
    assert writer("en")("the lens is covered") == "the lens is covered"
