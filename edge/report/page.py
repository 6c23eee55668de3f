"""One HTML file that needs nothing else: no script, no network, light or dark as the reader has it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from edge.report.cashiers import stores_of, together
from edge.report.cashiers_tables import cashiers_table
from edge.report.plot import plot_shares
from edge.report.tables import as_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.report.cashiers import Line

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --mark: #1d5fa8; }
@media (prefers-color-scheme: dark) { :root { --mark: #8ab8ea; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td:first-child { max-width: 20rem; overflow-wrap: anywhere; } td:last-child { min-width: 14rem; }
th { vertical-align: bottom; } .number { text-align: right; } td.number { white-space: nowrap; }
tr.total { font-weight: 600; }
figure { margin: 1.5rem 0; max-width: 48rem; }
.shares text { font: 13px system-ui, sans-serif; fill: currentColor; }
.shares .grid { stroke: var(--line); } .shares circle { fill: var(--mark); }
.shares .interval { stroke: var(--mark); stroke-width: 2; }
.shares .all { stroke: currentColor; stroke-dasharray: 5 4; }
"""


def cashiers_page(lines: Sequence[Line], about: str, remarks: Sequence[str]) -> str:
    """The whole page. about: which sales these are, in words. remarks: how to read it, and what was left out."""
    everybody = together([line.cashier for line in lines]).unchecked
    several = len(stores_of(lines)) > 1
    shown = [
        (f"{one.cashier}, {one.store}" if several else one.cashier, one.unchecked)
        for one in (line.cashier for line in lines)
        if one.unchecked.trials
    ]
    parts = [f"<p>{escape(about)}</p>"]
    if shown:
        plot = plot_shares(shown, everybody, "Sales completed without a reported check, of those with ID due")
        parts.append(f"<figure>{plot}</figure>")
    if lines:
        parts.append(as_html(cashiers_table(lines)))
    if remarks:
        parts.append("<ul>" + "".join(f"<li>{escape(remark)}</li>" for remark in remarks) + "</ul>")
    return page("Restricted sales by cashier", "\n".join(parts))


def page(title: str, body: str) -> str:
    """A page with this body, which is HTML; the title is not."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"{body}\n</body>\n</html>\n"
    )
