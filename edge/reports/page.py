"""One self-contained HTML file: no script, no network, light or dark as the browser prefers, and A4 on paper.

The pages are Jinja2 templates in `templates/`: all texts are escaped, and a name that a template lacks is an error.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from edge.commands import visible
from edge.language.catalogue import ENGLISH
from edge.language.formats import unbroken
from edge.language.words import in_language, writer
from edge.reports.content import PageSection
from edge.reports.plot import PLOT_COLOURS
from edge.reports.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.content import Part, ReportContent

_FEWEST_CONTENTS = 5
"""Headings. A page with fewer has no table of contents."""
_NO_BREAK = "\N{NO-BREAK SPACE}"
_LONGEST_UNBROKEN = 28
"""Longer words in a table may be broken, in characters."""
_MANY_COLUMNS, _TOO_MANY_COLUMNS = 7, 12
"""From these numbers of columns on, paper has smaller letters, and lies on its side."""
_TOO_MANY_FOR_A_PHONE = 5
"""Columns. A phone shows a block for each row then, and also where a cell is long."""
_LONG_CELL = 40
"""Characters. Such a cell is wide, so that its row is not too high."""
_SHORT_CELL = 16
"""Characters. Such a cell stays in one line: a browser would break lane-1 at its hyphen."""
_SHORT_TABLE = 12
"""Rows. Paper does not break such a table."""


def page(title: str, body: Markup, style: str = "", language: str = ENGLISH) -> str:
    """A whole page. title: text, of the browser's tab only. style: more CSS."""
    template = _templates(language).get_template("page.html")
    return template.render(title=title, body=body, style=Markup(style), language=language)


def report_page(content: ReportContent, language: str = ENGLISH) -> str:
    """The page of a report."""
    sections = [_section(part) for part in content.page_parts]
    contents = [(f"part-{number}", part.title) for number, part in enumerate(sections, 1) if part.title]
    body = _templates(language).get_template("report.html").render(
        content=content, sections=sections, contents=contents if len(contents) >= _FEWEST_CONTENTS else (),
    )  # fmt: skip
    return page(content.title, Markup(body), language=language)


def table_of_contents(headings: Sequence[tuple[str, str]], language: str = ENGLISH) -> Markup:
    """Links to the headings of a page: pairs of id and text. A page with few headings needs none."""
    return Markup(_parts(language).contents(headings)) if len(headings) >= _FEWEST_CONTENTS else Markup()


def as_html(table: Table, language: str = ENGLISH) -> Markup:
    """A table element in a div that scrolls sideways, below its title if there is one."""
    return Markup(_parts(language).section(_section(table), ""))


def figure(svg: str, caption: str = "", language: str = ENGLISH) -> Markup:
    """A figure element. svg: an SVG or image element. caption: text."""
    return Markup(_parts(language).figure(Markup(svg), caption))


def gallery(pictures: Sequence[tuple[str, str]], language: str = ENGLISH) -> Markup:
    """Small pictures side by side. pictures: the address, such as a data URL, and the caption of each."""
    return Markup(_parts(language).gallery(pictures))


def _parts(language: str) -> Any:
    """The macros of parts.html."""
    return _templates(language).get_template("parts.html").module


def _section(part: Part) -> PageSection:
    """A part under its heading; other parts stand under none."""
    if isinstance(part, PageSection):
        return part
    return PageSection(part.title if isinstance(part, Table) else "", [part])


@cache
def _templates(language: str) -> Environment:
    """The pages in a language: every text that a template writes is shown in it."""
    templates = Environment(
        loader=PackageLoader("edge.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=partial(_shown, language),
    )  # fmt: skip
    templates.filters |= {"cell_class": _cell_class, "width_class": _width_class}
    templates.tests |= {
        "markup": lambda value: isinstance(value, Markup),
        "table": lambda value: isinstance(value, Table),
    }
    templates.globals |= {"plot_colours": PLOT_COLOURS, "_": writer(language)}
    return templates


def _shown(language: str, value: object) -> object:
    """A text in the reader's language. One from a till may hold characters that change how the page reads."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _NO_BREAK.join(map(visible, unbroken(in_language(value, language)).split(_NO_BREAK)))


def _cell_class(table: Table, number: int, text: str) -> Markup:
    """The class attribute of a cell, or nothing. number: of its column. text: of the cell."""
    kinds = []
    if table.columns[number] in table.numbers:
        kinds.append("number")
    elif max(map(len, text.split()), default=0) > _LONGEST_UNBROKEN:
        kinds.append("long")
    elif number < table.keys:
        if len(text) <= _LONGEST_UNBROKEN:
            kinds.append("key")
    else:
        kinds.append("key" if len(text) <= _SHORT_CELL else "wordy" if len(text) > _LONG_CELL else "text")
    return Markup(' class="{}"').format(" ".join(kinds)) if kinds else Markup("")


def _width_class(table: Table) -> str:
    """The classes of a table, by its size."""
    columns = len(table.columns)
    kinds = ["widest" if columns >= _TOO_MANY_COLUMNS else "wide" if columns >= _MANY_COLUMNS else "narrow"]
    wordy = any(len(cell) > _LONG_CELL for row in table.rows for cell in row[table.keys :])
    if columns >= _TOO_MANY_FOR_A_PHONE or (wordy and columns > 2):
        kinds.append("blocks")
    if len(table.rows) <= _SHORT_TABLE:
        kinds.append("short")
    return " ".join(kinds)
