"""The report card as an HTML page: the model card with plots."""

from __future__ import annotations

import re

from markdown import Markdown
from markupsafe import Markup

from edge.reports.page import figure, page, table_of_contents
from train.card.facts import Card
from train.card.model_card import model_card
from train.card.plots import plots
from train.card.practice import PROJECT

_PLOTS_BEFORE = '<h2 id="errors">'
"""The heading before which the plots are inserted."""

_DOC_LINK = re.compile(rf'<a href="{re.escape(PROJECT)}/[^"]*">(.*?)</a>')
"""A link from the bundle's folder, which leads nowhere from the page's."""


def card_page(card: Card) -> str:
    """The text of card.html."""
    markdown = Markdown(extensions=["tables", "toc"])
    text = markdown.convert(model_card(card))
    text = text.replace("<table>", '<div class="scroll"><table>').replace("</table>", "</table></div>")
    text = _DOC_LINK.sub(r"<code>\1</code>", text)
    figures = "".join(figure(svg, caption) for caption, svg in plots(card))
    text = text.replace(_PLOTS_BEFORE, figures + _PLOTS_BEFORE, 1)
    # The model card escapes what is not ours.
    return page(card.model, Markup(text.replace("</h1>", f"</h1>{_contents(markdown)}", 1)))


def _contents(markdown: Markdown) -> Markup:
    """Links to the headings below the title."""
    headings = [heading for title in markdown.toc_tokens for heading in (title, *title["children"])]
    return table_of_contents([(heading["id"], heading["name"]) for heading in headings if heading["level"] == 2])
