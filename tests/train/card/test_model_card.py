"""The report card as Markdown."""

from __future__ import annotations

from train.card.facts import Card, Errors
from train.card.measures import MeasuredError
from train.card.model_card import model_card


def test_the_error_on_a_source_that_a_run_was_not_trained_on_is_bold(card_with_study: Card) -> None:
    text = model_card(card_with_study)
    assert "## Expected error in a new shop" in text
    assert "| trained on | all | corner | market |" in text
    assert "| all sources | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) |" in text
    assert "| without market | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) | **5.00 (4.00-6.00)** |" in text


def test_without_a_study_the_card_has_no_section_about_new_shops(card: Card) -> None:
    assert "new shop" not in model_card(card)


def test_a_figure_from_fewer_than_30_photos_is_not_written(card: Card, some_error: MeasuredError) -> None:
    few = Errors(all=some_error.model_copy(update={"pictures": 29}), passed=some_error)
    text = model_card(card.model_copy(update={"by_age": {"shop": {"13-17": few}}}))
    assert "| shop | 13-17 | 29 | fewer than 30 | fewer than 30 | 90 | 5.00 (4.00-6.00) |" in text
    challenge = [line for line in text.splitlines() if line.startswith("| 5.00% |")]
    assert challenge
    assert challenge[0].endswith("| fewer than 30 | fewer than 30 | fewer than 30 |")
