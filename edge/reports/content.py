"""What a report says, before it is printed or becomes a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from markupsafe import Markup

from edge.language.words import Words, words
from edge.reports.tables import Table


@dataclass(frozen=True, slots=True)
class PageSection:
    """A part of a page with a heading, which the table of contents lists. folded: closed until the reader opens it."""

    title: str
    parts: Sequence[Part]
    folded: bool = False


Part: TypeAlias = str | Markup | Table | PageSection
"""A part of a page. A text becomes a paragraph; Markup, such as `edge.reports.page.figure` returns, stays as it is."""


@dataclass(frozen=True, slots=True)
class ReportContent:
    """A computed report. Its texts may be `edge.language.words.Words`, which are shown in the reader's language.

    title: of the page; the shop's name is in it. headline: what the report covers, in one line. lead: what to do, or
    that nothing stands out; the first sentence is the most important. warnings: what must be read first.
    tables: for people, on the terminal. csv, json: whole files. page_parts: the page's plots and tables.
    notes: how the figures were worked out; folded on the page. dropped: one line for each thing that is missing from
    the figures. notice: the shop's notice to its customers, shown on the page.
    failure: the command ends with this error, after it has shown the report.
    """

    title: str
    headline: str
    tables: Sequence[Table]
    csv: str
    json: str = ""
    page_parts: Sequence[Part] = ()
    lead: Sequence[str] = ()
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()
    dropped: Sequence[str] = ()
    notice: str = ""
    failure: str = ""


def title_of(title: Words, shop: str) -> Words:
    """A report's title with the name of the shop, if it has one."""
    return words("{title}: {shop}", title=title, shop=shop) if shop else title
