"""The cashier's prompts: whether to ask for ID and why, in two languages, without false certainty."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.policy import Decision, Reason, Verdict
from edge.till.prompts import prompt

reasons = st.lists(st.sampled_from(Reason), max_size=4, unique=True).map(tuple)
asking = st.sampled_from([Decision.CHALLENGE, Decision.UNKNOWN])


def verdict(decision: Decision, *reasons: Reason) -> Verdict:
    return Verdict(decision, reasons, None, 0)


def test_the_prompt_for_a_young_customer_names_the_challenge_age() -> None:
    text = prompt(verdict(Decision.CHALLENGE, Reason.LOOKS_YOUNG), 25)
    assert text.en == "Ask for ID: looks younger than 25."
    assert text.ru == "Проверьте документы: выглядит моложе 25."


def test_the_prompt_for_an_older_customer_leaves_the_decision_to_the_cashier() -> None:
    text = prompt(verdict(Decision.NO_CHALLENGE, Reason.LOOKS_OLDER), 30)
    assert text.en == "Looks over 30. If in doubt, ask for ID."
    assert text.ru == "Выглядит старше 30. Если сомневаетесь, проверьте документы."


def test_several_reasons_are_listed_in_order() -> None:
    text = prompt(verdict(Decision.UNKNOWN, Reason.DARK, Reason.BLURRED), 25)
    assert text.en == "Ask for ID: too dark, the picture is blurred."
    assert text.ru == "Проверьте документы: слишком темно, изображение нечёткое."


def test_a_reason_that_does_not_help_a_cashier_is_skipped() -> None:
    assert prompt(verdict(Decision.UNKNOWN, Reason.NEW_LOOK), 25).en == "Ask for ID."
    assert prompt(verdict(Decision.UNKNOWN, Reason.NO_FACE, Reason.NEW_LOOK), 25).en == "Ask for ID: no face in view."


def test_a_prompt_for_another_legal_age_than_the_lanes_own_names_it() -> None:
    asking = prompt(verdict(Decision.CHALLENGE, Reason.LOOKS_YOUNG), 30, sold_from=21)
    assert asking.en == "Ask for ID (21 and over): looks younger than 30."
    assert asking.ru == "Проверьте документы (21+): выглядит моложе 30."
    passing = prompt(verdict(Decision.NO_CHALLENGE, Reason.LOOKS_OLDER), 30, sold_from=21)
    assert passing.en == "Looks over 30 (item for 21+). If in doubt, ask for ID."
    assert passing.ru == "Выглядит старше 30 (товар 21+). Если сомневаетесь, проверьте документы."


def test_without_a_limit_no_prompt_names_one() -> None:
    text = prompt(verdict(Decision.CHALLENGE, Reason.NO_LIMIT_FOR_AGE), None, sold_from=21)
    assert text.en == "Ask for ID (21 and over): everybody is asked."
    assert text.ru == "Проверьте документы (21+): спрашиваем у всех."
    assert prompt(verdict(Decision.CHALLENGE, Reason.LOOKS_YOUNG, Reason.DARK), None).en == "Ask for ID: too dark."


@pytest.mark.parametrize("reason", sorted(set(Reason) - {Reason.LOOKS_OLDER, Reason.NEW_LOOK}))
def test_every_reason_to_ask_has_a_prompt_in_both_languages(reason: Reason) -> None:
    text = prompt(verdict(Decision.UNKNOWN, reason), 25)
    assert text.en.startswith("Ask for ID: ")
    assert text.ru.startswith("Проверьте документы: ")


@given(asking, reasons, st.none() | st.integers(18, 60), st.none() | st.integers(1, 99))
def test_every_prompt_to_ask_fits_on_a_tills_screen(
    decision: Decision, reasons: tuple[Reason, ...], challenge_age: int | None, sold_from: int | None
) -> None:
    text = prompt(verdict(decision, *reasons), challenge_age, sold_from)
    assert text.en.startswith("Ask for ID")
    assert text.ru.startswith("Проверьте документы")
    assert max(len(text.en), len(text.ru)) <= 140
    assert not any(gap in text.en + text.ru for gap in ("{", "None", ": .", ", ,"))


@given(st.sampled_from(Decision), reasons)
def test_no_prompt_has_an_exclamation_mark_or_letters_of_the_other_language(
    decision: Decision, reasons: tuple[Reason, ...]
) -> None:
    text = prompt(verdict(decision, *reasons), 25)
    assert "!" not in text.en + text.ru
    assert text.en.isascii()
    assert not any("a" <= letter <= "z" for letter in text.ru.lower())
