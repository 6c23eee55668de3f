"""The report card as Markdown."""

from __future__ import annotations

from train.card.facts import Card
from train.card.model_card import model_card


def test_the_error_on_a_source_that_a_run_was_not_trained_on_is_bold(card_with_study: Card) -> None:
    text = model_card(card_with_study)
    assert "## Expected error in a new shop" in text
    assert "| trained on | all | corner | market |" in text
    assert "| all sources | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) |" in text
    assert "| without market | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) | **5.00 (4.00-6.00)** |" in text


def test_without_a_study_the_card_has_no_section_about_new_shops(card: Card) -> None:
    assert "new shop" not in model_card(card)
