"""One self-contained HTML file: no script, no network, light or dark as the browser prefers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --mark: #1d5fa8; }
@media (prefers-color-scheme: dark) { :root { --mark: #8ab8ea; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { vertical-align: bottom; } .number { text-align: right; } td.number { white-space: nowrap; }
tr.total { font-weight: 600; } tbody tr:hover { background: var(--soft); }
figure { margin: 1.5rem 0; max-width: 62rem; } figcaption { opacity: .75; }
code { background: var(--soft); padding: .1em .3em; border-radius: 3px; }
"""
_REPORT_STYLE = """
td:first-child { max-width: 20rem; overflow-wrap: anywhere; } td:last-child:not(.number) { min-width: 14rem; }
figure { max-width: 48rem; }
.warning { border-left: .3rem solid #c62f2f; padding: .3rem .8rem; font-weight: 600; max-width: 62rem; }
.shares text { font: 13px system-ui, sans-serif; fill: currentColor; }
.shares .grid { stroke: var(--line); } .shares circle { fill: var(--mark); }
.shares .interval { stroke: var(--mark); stroke-width: 2; }
.shares .all { stroke: currentColor; stroke-dasharray: 5 4; }
"""


def page(title: str, body: str, style: str = "") -> str:
    """A whole page. title: text, of the browser's tab only. body: HTML. style: additional CSS."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def figure(svg: str, caption: str = "") -> str:
    """A figure element. svg: an SVG or image element. caption: text."""
    return f"<figure>{svg}{f'<figcaption>{escape(caption)}</figcaption>' if caption else ''}</figure>"


def report_page(
    title: str, headline: str, parts: Sequence[str], remarks: Sequence[str], notice: str = "",
    warnings: Sequence[str] = (),
) -> str:  # fmt: skip
    """The page of a report.

    parts: HTML of the plots and tables. remarks: texts, listed below them. notice: the shop's notice to its customers.
    warnings: texts, below the headline.
    """
    listed = "".join(f"<li>{escape(remark)}</li>" for remark in remarks)
    body = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(headline)}</p>",
        *(f'<p class="warning">{escape(warning)}</p>' for warning in warnings),
        *parts,
        *([f"<ul>{listed}</ul>"] if listed else []),
        *([f"<p>The notice to customers: “{escape(notice)}”</p>"] if notice else []),
    ]
    return page(title, "\n".join(body), _REPORT_STYLE)
