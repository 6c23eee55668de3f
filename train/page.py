"""One HTML file that needs nothing else: no script, no network, light or dark as the reader has it."""

from __future__ import annotations

from html import escape

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid var(--line); text-align: left; }
tbody tr:hover { background: var(--soft); }
figure { margin: 1.5rem 0; } figcaption { opacity: .75; }
code { background: var(--soft); padding: .1em .3em; border-radius: 3px; }
"""


def page(title: str, body: str, style: str = "") -> str:
    """A whole page. title: text; body: HTML; style: more CSS."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def figure(svg: str, caption: str) -> str:
    """A plot with its caption; caption: text."""
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
