"""One HTML file that needs nothing else: no script, no network, light or dark as the reader has it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from edge.report.cashiers import EVERYBODY, cashiers_table, compare, notes, tally
from edge.report.plot import plot_shares
from edge.report.tables import as_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.records import SaleRecord

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


def cashiers_page(sales: Sequence[SaleRecord], about: str) -> str:
    """The whole page. about: which sales these are, in words."""
    lines, everybody = compare(sales), tally(EVERYBODY, sales)
    shown = [(line.cashier.cashier, line.cashier.unchecked) for line in lines if line.cashier.unchecked.trials]
    parts = [f"<p>{escape(about)}</p>"]
    if shown:
        plot = plot_shares(shown, everybody.unchecked, "Sales completed without a reported check, of those with ID due")
        parts.append(f"<figure>{plot}</figure>")
    if lines:
        parts.append(as_html(cashiers_table(lines, everybody)))
        parts.append("<ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes(sales)) + "</ul>")
    return page("Restricted sales by cashier", "\n".join(parts))


def page(title: str, body: str) -> str:
    """A page with this body, which is HTML; the title is not."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"{body}\n</body>\n</html>\n"
    )
