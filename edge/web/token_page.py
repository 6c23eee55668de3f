"""What a browser without the right token gets: why, the command that shows the link, and a form for the token."""

from __future__ import annotations

import hashlib
import shlex
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Reason = Literal["none", "old", "wrong", "many"]
"""No token was given; it once opened the page; it never did; it is one of too many that never did."""

_WHY: dict[Reason, dict[str, str]] = {
    "none": {
        "ru": "Эта страница открывается только по своей ссылке.",
        "en": "This page opens with its own link only.",
    },
    "old": {
        "ru": "Эта ссылка устарела: у страницы уже новая.",
        "en": "This link is old: the page has a new one.",
    },
    "wrong": {
        "ru": "В этой ссылке неверный код. Проверьте, что она скопирована целиком и от этого агента.",
        "en": "The token in this link is wrong. Check that you copied the whole link, and the link of this agent.",
    },
    "many": {
        "ru": "Слишком много неверных кодов. Верный код подойдёт и сейчас.",
        "en": "Too many wrong tokens. The right one still works.",
    },
}
_HOW = {
    "ru": "Ссылку покажет команда на устройстве с агентом:",
    "en": "This command, on the box that runs the agent, shows the link:",
}
_LABEL = {"ru": "Или введите код, которым заканчивается ссылка", "en": "Or enter the token at the end of the link"}
_BUTTON = {"ru": "Открыть", "en": "Open"}

_STYLE = """
:root { color-scheme: light dark; }
body { max-width: 36rem; margin: 0 auto; padding: 1.5rem 1rem; font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.2rem; }
section + section { margin-top: 1.5rem; }
section p { margin: 0 0 .5rem; }
section p:first-child { font-weight: 600; }
pre { margin: 0; padding: .75rem; border: 1px solid #808993; border-radius: 8px; overflow-wrap: anywhere;
  white-space: pre-wrap; }
form { display: grid; gap: .5rem; margin-top: 1.5rem; }
input, button { min-height: 44px; padding: .4rem 1rem; font: inherit; border: 1px solid #808993; border-radius: 10px; }
"""
STYLE_HASH = "sha256-" + b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
"""For the Content-Security-Policy: the page needs no other file, which this browser would not get."""


def token_page(reason: Reason, link_file: Path, language: str) -> str:
    """The HTML, in both languages. link_file: holds the link. language: "ru" or "en", the one that stands first."""
    languages = ("ru", "en") if language == "ru" else ("en", "ru")
    command = escape(f"sudo cat {shlex.quote(str(link_file))}")
    sections = "".join(
        f'<section lang="{each}"><p>{_WHY[reason][each]}</p><p>{_HOW[each]}</p><pre>{command}</pre></section>\n'
        for each in languages
    )
    return f"""<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>edge-agent</title><style>{_STYLE}</style></head>
<body><main><h1>edge-agent</h1>
{sections}<form action="/"><label for="token">{_LABEL[language]}</label>
<input id="token" name="token" autocomplete="off" required> <button>{_BUTTON[language]}</button></form>
</main></body></html>
"""


def first_language(accepted: str) -> str:
    """The language of the page for an Accept-Language header: "ru" when it stands first, otherwise "en"."""
    return "ru" if accepted.strip().lower().startswith("ru") else "en"
