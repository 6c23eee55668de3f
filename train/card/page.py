"""The report card for the eye: the model card with plots."""

from __future__ import annotations

import markdown

from train.card.facts import Card
from train.card.model_card import model_card
from train.card.plots import plots
from train.page import figure, page

_PLOTS_BEFORE = "<h2>Errors</h2>"


def card_page(card: Card) -> str:
    """card.html for a model."""
    text = markdown.markdown(model_card(card), extensions=["tables"])
    text = text.replace("<table>", '<div class="scroll"><table>').replace("</table>", "</table></div>")
    figures = "".join(figure(svg, caption) for caption, svg in plots(card))
    return page(card.model, text.replace(_PLOTS_BEFORE, figures + _PLOTS_BEFORE, 1))
