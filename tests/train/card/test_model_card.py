"""The report card as Markdown."""

from __future__ import annotations

from train.card.facts import Card
from train.card.model_card import model_card


def test_what_a_run_had_never_seen_stands_in_bold(card_with_study: Card) -> None:
    written = model_card(card_with_study)
    assert "| trained on | all | corner | market |" in written
    assert "| all sources | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) |" in written
    assert "| without market | 5.00 (4.00-6.00) | 5.00 (4.00-6.00) | **5.00 (4.00-6.00)** |" in written


def test_without_a_study_the_card_says_nothing_of_other_shops(card: Card) -> None:
    assert "unseen shop" not in model_card(card)
