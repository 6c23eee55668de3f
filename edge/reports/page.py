"""One HTML file that needs nothing else: no script, no network, light or dark as the reader has it."""

from __future__ import annotations

from html import escape

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


def page(title: str, body: str) -> str:
    """A page with this body, which is HTML; the title is not."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"{body}\n</body>\n</html>\n"
    )
