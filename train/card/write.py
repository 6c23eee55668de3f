"""Write the report card: card.json for programs, card.html for readers, MODEL_CARD.md to ship with the model."""

from __future__ import annotations

import re
from pathlib import Path

from edge.language.catalogue import ENGLISH
from train.card.appendix import SCENES_TITLE, scenes_section
from train.card.facts import Card, Scenes
from train.card.model_card import model_card
from train.card.page import card_page


def write_card(card: Card, folder: Path, language: str = ENGLISH) -> Path:
    """Write card.json, MODEL_CARD.md and card.html into `folder`, which is created; returns the page's path. language:
    of the page; MODEL_CARD.md is English."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.json").write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (folder / "MODEL_CARD.md").write_text(model_card(card), encoding="utf-8")
    page = folder / "card.html"
    page.write_text(card_page(card, language), encoding="utf-8")
    return page


def write_scenes(scenes: Scenes, bundle: Path) -> Path:
    """Write the section on squeezed, night and wide-angle pictures into the card of a bundle, in place of an older
    one; returns the card's path."""
    file = bundle / "MODEL_CARD.md"
    card = file.read_text(encoding="utf-8") if file.exists() else ""
    file.write_text(with_section(card, SCENES_TITLE, scenes_section(scenes)), encoding="utf-8")
    return file


def with_section(card: str, title: str, section: str) -> str:
    """A card with a section at its end, without an older one of this title. section: begins with the title."""
    without = re.sub(rf"\n*{re.escape(title)}\n.*?(?=\n\n## |\Z)", "", card, flags=re.DOTALL).rstrip("\n")
    return f"{without}\n\n{section.rstrip()}\n"
