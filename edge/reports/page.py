"""One self-contained HTML file: no script, no network, light or dark as the browser prefers, and A4 on paper.

The pages are Jinja2 templates in `templates/`: all texts are escaped, and a name that a template lacks is an error.
"""

from __future__ import annotations

import re
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

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
_NO_BREAK, _JOINED = "\N{NO-BREAK SPACE}", "\N{WORD JOINER}"
_LONGEST_UNBROKEN = 28
"""Longer words in a table may be broken, in characters."""
_MANY_COLUMNS, _TOO_MANY_COLUMNS = 6, 12
"""From these numbers of columns on, paper has smaller letters, and lies on its side."""
_PHONE_WIDTH, _COLUMN_GAP = 39, 2
"""Characters in a line of a phone, and between two columns."""
_LONGEST_NAME = 19
"""Characters of a column's name in one line beside its value, on a phone."""
_LONG_CELL = 40
"""Characters. Such a cell is wide, so that its row is not too high."""
_SHORT_CELL = 16
"""Characters. Such a cell stays in one line: a browser would break lane-1 at its hyphen."""
_HYPHENATED = re.compile(r"[\w.]*-[\w.-]+")
"""A name or an option that a browser would break at its hyphen."""
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
    templates.filters |= {
        "cell_class": _cell_class,
        "table_attributes": partial(_table_attributes, language),
        "unbroken_names": partial(_unbroken_names, language),
    }
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
    text = _NO_BREAK.join(map(visible, unbroken(in_language(value, language)).split(_NO_BREAK)))
    # A browser breaks a line after a dash, also before a no-break space.
    return text.replace(f"–{_NO_BREAK}", f"–{_JOINED}{_NO_BREAK}")


def _unbroken_names(language: str, text: str) -> Markup:
    """A text in which lane-1 and --since stay in one line."""
    return Markup(_HYPHENATED.sub(_unbroken_name, str(escape(_shown(language, text)))))


def _unbroken_name(found: re.Match[str]) -> str:
    name = found[0]
    return f'<span class="key">{name}</span>' if len(name) <= _LONGEST_UNBROKEN else name


def _cell_class(table: Table, number: int, text: str) -> Markup:
    """The class attribute of a cell, or nothing. number: of its column. text: of the cell."""
    kinds = []
    if table.columns[number] in table.numbers:
        kinds.append("number")
    elif _longest_part(text) > _LONGEST_UNBROKEN:
        kinds.append("long")
    elif number < table.keys:
        if len(text) <= _LONGEST_UNBROKEN:
            kinds.append("key")
    else:
        kinds.append("key" if len(text) <= _SHORT_CELL else "wordy" if len(text) > _LONG_CELL else "text")
    return Markup(' class="{}"').format(" ".join(kinds)) if kinds else Markup("")


def _longest_part(text: str) -> int:
    """Characters between two places where a browser breaks a line."""
    return max(map(len, re.split(r"(?<=-)|\s", text)))


def _table_attributes(language: str, table: Table) -> Markup:
    """The class of a table, by its size, and for a phone that shows it as blocks the width of the columns' names."""
    columns = len(table.columns)
    kinds = ["widest" if columns >= _TOO_MANY_COLUMNS else "wide" if columns >= _MANY_COLUMNS else "narrow"]
    style = ""
    if blocks := _is_too_wide_for_a_phone(language, table):
        kinds.append("blocks")
    if len(table.rows) <= _SHORT_TABLE:
        kinds.append("short")
    if blocks:
        names = max((len(in_language(name, language)) for name in table.columns[table.keys :]), default=0)
        style = f' style="--names: {min(names, _LONGEST_NAME)}ch"'
    return Markup(' class="{}"').format(" ".join(kinds)) + Markup(style)


def _is_too_wide_for_a_phone(language: str, table: Table) -> bool:
    """Whether columns would be cut off, or a long cell would make high rows."""
    texts = [[in_language(text, language) for text in row] for row in (table.columns, *table.rows)]
    if len(table.columns) > 2 and any(len(cell) > _LONG_CELL for row in texts[1:] for cell in row[table.keys :]):
        return True
    width = 0
    for number, (title, *cells) in enumerate(zip(*texts, strict=True)):
        nowrap = [cell for cell in cells if "key" in (kind := _cell_class(table, number, cell)) or "number" in kind]
        parts = [_longest_part(text) for text in (title, *cells)]
        width += max([*parts, *map(len, nowrap)]) + _COLUMN_GAP
    return width > _PHONE_WIDTH
