"""The report card as an HTML page: the model card with plots."""

from __future__ import annotations

import re

from markdown import Markdown
from markdown.extensions.toc import TocExtension, slugify_unicode
from markupsafe import Markup

from edge.language.catalogue import ENGLISH
from edge.language.formats import unbroken
from edge.language.words import in_language
from edge.reports.page import as_html, figure, page, table_of_contents
from edge.reports.tables import Table
from train.card.facts import Card
from train.card.model_card import ERRORS_TITLE, card_parts
from train.card.plots import plots
from train.card.practice import PROJECT

_PLOTS = "<figure></figure>"
"""Stands for the plots in the Markdown, above the errors."""

_DOC_LINK = re.compile(rf'<a href="{re.escape(PROJECT)}/[^"]*">(.*?)</a>')
"""A link from the bundle's folder, which leads nowhere from the page's."""

_TABLE, _ROW, _CELL = (re.compile(rf"<{tag}>(.*?)</{tag}>", re.DOTALL) for tag in ("table", "tr", "t[hd]"))
"""As Markdown writes them."""


def card_page(card: Card, language: str = ENGLISH) -> str:
    """The text of card.html."""
    parts = card_parts(card)
    parts.insert(parts.index(ERRORS_TITLE), _PLOTS)
    markdown = Markdown(extensions=["tables", TocExtension(slugify=slugify_unicode)])
    text = markdown.convert(unbroken("\n\n".join(in_language(part, language) for part in parts)))
    text = _TABLE.sub(lambda found: _as_in_reports(found[0], language), text)
    text = _DOC_LINK.sub(r"<code>\1</code>", text)
    figures = "".join(figure(svg, caption, language) for caption, svg in plots(card, language))
    text = text.replace(_PLOTS, figures, 1)
    # The model card escapes what is not ours.
    body = Markup(text.replace("</h1>", f"</h1>{_contents(markdown, language)}", 1))
    return page(card.model, body, language=language)


def _as_in_reports(table: str, language: str) -> str:
    """A table that paper and phones show as those of the reports."""
    head, *rows = (_CELL.findall(row) for row in _ROW.findall(table))
    columns = tuple(Markup(cell).striptags() for cell in head)
    return as_html(Table(columns, tuple(tuple(map(Markup, row)) for row in rows)), language)


def _contents(markdown: Markdown, language: str) -> Markup:
    """Links to the headings below the title."""
    headings = [heading for title in markdown.toc_tokens for heading in (title, *title["children"])]
    return table_of_contents(
        [(heading["id"], heading["name"]) for heading in headings if heading["level"] == 2], language
    )
