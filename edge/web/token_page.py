"""What a browser without the right token gets: why, the command that shows the link, and a form for the token."""

from __future__ import annotations

import hashlib
import shlex
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Literal

from edge.language.catalogue import ENGLISH, LANGUAGES
from edge.language.words import Words, in_language, words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from edge.web.roles import Role

Reason = Literal["none", "old", "wrong", "many"]
"""No token was given; it once opened the page; it never did; it is one of too many that never did."""

_WHY: dict[Reason, Words] = {
    "none": words("This page opens with its own link only."),
    "old": words("This link is old: the page has a new one."),
    "wrong": words(
        "The token in this link is wrong. Check that you copied the whole link, and the link of this agent."
    ),
    "many": words("Too many wrong tokens. The right one still works."),
}
_HOW: dict[Role, Words] = {
    "installer": words("This command, on the box that runs the agent, shows the link:"),
    "viewer": words("The link for viewers, who change nothing:"),
}
_LABEL = words("Or enter the token at the end of the link")
_BUTTON = words("Open")

_STYLE = """
:root { color-scheme: light dark; }
body { max-width: 36rem; margin: 0 auto; padding: 1.5rem 1rem; font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.2rem; }
section + section { margin-top: 1.5rem; }
section p { margin: .75rem 0 .5rem; }
section p:first-child { font-weight: 600; }
pre { margin: 0; padding: .75rem; border: 1px solid #808993; border-radius: 8px; overflow-wrap: anywhere;
  white-space: pre-wrap; }
form { display: grid; gap: .5rem; margin-top: 1.5rem; }
input, button { min-height: 44px; padding: .4rem 1rem; font: inherit; border: 1px solid #808993; border-radius: 10px; }
"""
STYLE_HASH = "sha256-" + b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
"""For the Content-Security-Policy: the page needs no other file, which this browser would not get."""


def token_page(reason: Reason, link_files: Mapping[Role, Path], language: str) -> str:
    """The HTML, in every language. link_files: hold the links. language: the one that stands first."""
    sections = "".join(
        f'<section lang="{each}"><p>{_escaped(_WHY[reason], each)}</p>{_commands(link_files, each)}</section>\n'
        for each in sorted(LANGUAGES, key=lambda each: each != language)
    )
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>edge-agent</title><style>{_STYLE}</style></head>
<body><main><h1>edge-agent</h1>
{sections}<form action="/"><label for="token">{_escaped(_LABEL, language)}</label>
<input id="token" name="token" autocomplete="off" required> <button>{_escaped(_BUTTON, language)}</button></form>
</main></body></html>
"""


def _commands(link_files: Mapping[Role, Path], language: str) -> str:
    """How to see the link of each role."""
    return "".join(
        f"<p>{_escaped(_HOW[role], language)}</p><pre>{escape(f'sudo cat {shlex.quote(str(file))}')}</pre>"
        for role, file in link_files.items()
    )


def first_language(accepted: str) -> str:
    """The language of the page for an Accept-Language header: the one that stands first, if it has a catalogue,
    otherwise English."""
    first = accepted.strip().lower()
    return next((language for language in LANGUAGES if first.startswith(language)), ENGLISH)


def _escaped(text: Words, language: str) -> str:
    return escape(in_language(text, language))
