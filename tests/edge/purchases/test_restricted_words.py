"""Restricted goods are recognised by the words in a name or a text, whatever letters those are written with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.purchases.lookalikes import fold, readings
from edge.purchases.restricted_words import RestrictedWords
from edge.settings.config import Settings
from edge.settings.sections import OffersSettings

WORDS = RestrictedWords()


def names_in(file: str) -> list[str]:
    lines = Path(__file__).with_name(file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


ORDINARY, RESTRICTED = names_in("ordinary_goods.txt"), names_in("restricted_goods.txt")


def test_every_restricted_name_is_recognised() -> None:
    assert [name for name in RESTRICTED if not WORDS.found_in(name)] == []
    assert len(RESTRICTED) > 200


def test_no_ordinary_name_is_restricted() -> None:
    assert {name: word for name in ORDINARY if (word := WORDS.found_in(name))} == {}
    assert len(ORDINARY) > 350


@pytest.mark.parametrize("change", [str.upper, str.title, "«{}», 0,5 л".format, "12{}".format])
def test_case_and_what_stands_around_do_not_matter(change: Callable[[str], str]) -> None:
    plain = [name for name in RESTRICTED if name.replace(" ", "").isalpha() and name.islower()]
    plain = [name for name in plain if min(map(len, name.split())) > 3]
    assert [name for name in map(change, plain) if not WORDS.found_in(name)] == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("bееr", "beer"), ("ПИBO", "пиво"), ("nиво", "пиво"), ("ви\u0301но", "вино"), ("пи\u200bво", "пиво"),
        ("ｒｕｍ", "rum"), ("в0дка", "водка"), ("w1ne", "wine"), ("п.и.в.о", "пиво"), ("г и н", "гин"),
    ],
)  # fmt: skip
def test_a_text_is_read_as_people_read_it(written: str, meant: str) -> None:
    assert fold(meant) in readings(fold(written))


@pytest.mark.parametrize("written", ["POM", "cake", "Nivea", "4607025392408", "5л", "хром"])
def test_a_word_in_its_own_letters_is_not_read_as_another(written: str) -> None:
    """`POM` would be ром, and `cake` саке."""
    assert readings(fold(written))[0] == fold(written)
    assert WORDS.found_in(written) is None


def test_the_forms_of_the_list() -> None:
    own = RestrictedWords(["квас", "ряж*", "*батон*", "кеф.", "с/м", "сок яблочный", "кока-кола"])
    for found in ("Квас", "ряженка", "мегабатончик", "кеф. 1%", "рыба с/м", "сок, яблочный", "кокакола", "кока кола"):
        assert own.found_in(found)
    for ordinary in ("квасцы", "поряж", "бат", "кеф", "с м", "яблочный сок", "сок и яблочный", "кола"):
        assert own.found_in(ordinary) is None
    assert own.found_in("Кефир, квaс") == "квас"
    assert own.found_in("пиво"), "the shop's words are added to the others"


def test_the_words_of_several_lanes_are_restricted_together() -> None:
    one, other = OffersSettings(restricted_words=("квас",), energy_drinks=True), OffersSettings(energy_drinks=False)
    assert RestrictedWords.of(one).found_in("квас")
    assert RestrictedWords.of(one).found_in("энергетики") is None
    both = RestrictedWords.of(one, other)
    assert (both.found_in("квас"), both.found_in("энергетики")) == ("квас", "энергетик*")


@pytest.mark.parametrize("word", ["", "*", "**", "а", "*а*", "12", "--"])
def test_a_word_that_would_match_nearly_everything_is_rejected(word: str) -> None:
    with pytest.raises(ValueError, match="at least two letters"):
        Settings(offers={"restricted_words": (word,)})
