"""One self-contained HTML file: no script, no network, light or dark as the browser prefers, and A4 on paper.

The pages are Jinja2 templates in `templates/`: all texts are escaped, and a name that a template lacks is an error.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from edge.commands import visible
from edge.reports.content import Section
from edge.reports.plot import PLOT_COLOURS
from edge.reports.tables import Table
from edge.reports.words import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.reports.content import Part, ReportContent

_FEWEST_CONTENTS = 4
"""Headings. A page with fewer has no table of contents."""
_LONGEST_UNBROKEN = 28
"""Longer words in a table may be broken, in characters."""
_MANY_COLUMNS, _TOO_MANY_COLUMNS = 7, 12
"""From these numbers of columns on, paper has smaller letters, and lies on its side."""


def page(
    title: str, body: Markup, contents: Sequence[tuple[str, str]] = (), style: str = "", language: str = "en"
) -> str:
    """A whole page.

    title: text, of the browser's tab only. contents: the ids and texts of the headings in `body`. style: more CSS.
    """
    return _templates().get_template("page.html").render(
        title=title, body=body, contents=contents if len(contents) >= _FEWEST_CONTENTS else (), style=Markup(style),
        language=language, labels=labels(language),
    )  # fmt: skip


def report_page(content: ReportContent) -> str:
    """The page of a report."""
    sections = [_section(part) for part in content.page_parts]
    contents = [(f"part-{number}", part.title) for number, part in enumerate(sections, 1) if part.title]
    body = (
        _templates()
        .get_template("report.html")
        .render(content=content, sections=sections, labels=labels(content.language))
    )
    return page(content.title, Markup(body), contents, language=content.language)


def as_html(table: Table) -> Markup:
    """A table element in a div that scrolls sideways, below its title if there is one."""
    return Markup(_parts().section(_section(table), ""))


def figure(svg: str, caption: str = "") -> Markup:
    """A figure element. svg: an SVG or image element. caption: text."""
    return Markup(_parts().figure(Markup(svg), caption))


def _parts() -> Any:
    """The macros of parts.html."""
    return _templates().get_template("parts.html").module


def _section(part: Part) -> Section:
    """A part under its heading; other parts stand under none."""
    if isinstance(part, Section):
        return part
    return Section(part.title if isinstance(part, Table) else "", [part])


@lru_cache(maxsize=1)
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("edge.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_shown,
    )  # fmt: skip
    templates.filters |= {"cell_class": _cell_class, "width_class": _width_class}
    templates.tests |= {
        "markup": lambda value: isinstance(value, Markup),
        "table": lambda value: isinstance(value, Table),
    }
    templates.globals["plot_colours"] = PLOT_COLOURS
    return templates


def _shown(value: object) -> object:
    """A text from a till may hold characters that change how the page reads."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


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
        kinds.append("text")
    return Markup(' class="{}"').format(" ".join(kinds)) if kinds else Markup("")


def _width_class(table: Table) -> str:
    columns = len(table.columns)
    return "widest" if columns >= _TOO_MANY_COLUMNS else "wide" if columns >= _MANY_COLUMNS else "narrow"
