"""Finds the texts in the code, and holds the catalogues against them."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from babel.messages.catalog import Message

ROOT = Path(__file__).parents[2]
_CODE_FOLDERS = ("edge", "train", "export")

_TEMPLATES = "**/templates/**.html"
_FUNCTIONS = {"words": 1, "counted": 2, "Words": 2}
"""Functions that make texts, and how many of their first arguments are templates."""

_NO_TEXTS = ROOT / "edge" / "language" / "words.py"

_WIDTH = 120


def texts() -> Catalog:
    """Every text in the code, and in the pages' Jinja2 templates, as `_("...")`. Raises ValueError for a template that
    is not a literal."""
    catalogue = Catalog(charset="utf-8")
    for package in _CODE_FOLDERS:
        for file in sorted((ROOT / package).rglob("*.py")):
            if file != _NO_TEXTS:
                for found in _texts_of(file):
                    catalogue.add(found, locations=[(str(file.relative_to(ROOT)), 0)], flags=["python-brace-format"])
        in_templates = extract_from_dir(ROOT / package, [(_TEMPLATES, "jinja2.ext.babel_extract")])
        for name, _, template, _, _ in in_templates:
            catalogue.add(template, locations=[(f"{package}/{name}", 0)], flags=["python-brace-format"])
    return catalogue


def update(file: Path) -> None:
    """Bring a catalogue up to date: new texts without a translation, and without the texts that are gone."""
    catalogue = _read(file)
    catalogue.update(texts(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    with file.open("wb") as out:
        write_po(out, catalogue, width=_WIDTH, include_lineno=False, sort_by_file=True, ignore_obsolete=True)


def check(file: Path) -> list[str]:
    """What is wrong with a catalogue, one line for each text: missing, unused, empty, doubtful, other placeholders."""
    catalogue, needed = _read(file), texts()
    missing = [f"{message.id!r} is missing" for message in needed if message.id and message.id not in catalogue]
    unused = [f"{message.id!r} is not used" for message in catalogue if message.id and message.id not in needed]
    wrong = [wrong for message in catalogue if message.id for wrong in _wrong(message)]
    return [f"{file.name}: {problem}" for problem in (*missing, *unused, *wrong)]


def placeholders(template: str) -> set[tuple[str, str | None]]:
    """The names in braces of a template, with their formats."""
    return {(name, written) for _, name, written, _ in Formatter().parse(template) if name is not None}


def _wrong(message: Message) -> Iterator[str]:
    originals, forms = (_forms(text) for text in (message.id, message.string))
    if message.fuzzy:
        yield f"{message.id!r} is marked as doubtful (fuzzy)"
    if not all(forms):
        yield f"{message.id!r} has no translation"
    elif any(placeholders(form) != placeholders(originals[-1]) for form in forms):
        yield f"{message.id!r} has other placeholders than its translation {message.string!r}"


def _forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """Of a text with plurals, all; else the one."""
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def _read(file: Path) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened, locale=file.stem)


def _texts_of(file: Path) -> Iterator[str | tuple[str, str]]:
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "edge.language.words"]
    functions = {name.name for node in imports for name in node.names} & _FUNCTIONS.keys()
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
            templates = node.args[: _FUNCTIONS[node.func.id]]
            literals = [each.value for each in templates if isinstance(each, ast.Constant)]
            if not literals or len(literals) < len(templates):
                where = f"{file.relative_to(ROOT)}:{node.lineno}"
                raise ValueError(f"{where}: the template of {node.func.id} must be a literal")
            yield str(literals[0]) if len(literals) == 1 else (str(literals[0]), str(literals[1]))
