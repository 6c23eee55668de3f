"""The report card as an HTML page: the model card with plots."""

from __future__ import annotations

import markdown

from edge.reports.page import figure, page
from train.card.facts import Card
from train.card.model_card import model_card
from train.card.plots import plots

_PLOTS_BEFORE = "<h2>Errors</h2>"
"""The heading before which the plots are inserted."""


def card_page(card: Card) -> str:
    """The text of card.html."""
    text = markdown.markdown(model_card(card), extensions=["tables"])
    text = text.replace("<table>", '<div class="scroll"><table>').replace("</table>", "</table></div>")
    figures = "".join(figure(svg, caption) for caption, svg in plots(card))
    return page(card.model, text.replace(_PLOTS_BEFORE, figures + _PLOTS_BEFORE, 1))
