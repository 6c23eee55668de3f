"""Write the report card: card.json for programs, card.html for readers, MODEL_CARD.md to ship with the model."""

from __future__ import annotations

from pathlib import Path

from train.card.facts import Card
from train.card.model_card import model_card
from train.card.page import card_page


def write_card(card: Card, folder: Path) -> Path:
    """Write card.json, MODEL_CARD.md and card.html into `folder`, which is created; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.json").write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (folder / "MODEL_CARD.md").write_text(model_card(card), encoding="utf-8")
    page = folder / "card.html"
    page.write_text(card_page(card), encoding="utf-8")
    return page
