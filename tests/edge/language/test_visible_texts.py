"""Texts that people can see are made by `words`: an error or a finding with a plain str would be English for all."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

import pytest

EDGE = Path(__file__).parents[3] / "edge"

FINDINGS = {"NotChecked", "Finding", "ok", "warning", "problem"}

DECLARATIONS = {"settings/config.py", "settings/sections.py", "gateway/settings.py"}
"""Where the text of a ValueError is shown: pydantic calls these validators."""


def plain_texts(source: str, builtin: bool = False) -> Iterator[tuple[int, str]]:
    """Line and text of each str that is given to an error, a finding or a check. builtin: to a ValueError, too."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if is_shown(node.func.id) or (builtin and node.func.id == "ValueError"):
            for argument in node.args[1:3] if node.func.id == "Finding" else node.args[:1]:
                yield from ((part.lineno, ast.unparse(part)) for part in parts(argument) if is_plain(part))


def is_shown(name: str) -> bool:
    return name in FINDINGS or (name.endswith("Error") and not hasattr(builtins, name))


def parts(node: ast.expr) -> Iterator[ast.expr]:
    """What an expression may become: both sides of a condition, the parts of a sum."""
    if isinstance(node, ast.IfExp):
        yield from (*parts(node.body), *parts(node.orelse))
    elif isinstance(node, ast.BinOp):
        yield from (*parts(node.left), *parts(node.right))
    else:
        yield node


def is_plain(node: ast.expr) -> bool:
    is_text = isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    return is_text and ast.unparse(node) != "''"


@pytest.mark.parametrize("room", sorted({file.relative_to(EDGE).parts[0] for file in EDGE.rglob("*.py")}))
def test_no_error_or_finding_has_a_plain_text(room: str) -> None:
    files = [EDGE / room] if room.endswith(".py") else sorted((EDGE / room).rglob("*.py"))
    found = {
        f"{file.relative_to(EDGE)}:{line}": text
        for file in files
        for line, text in plain_texts(
            file.read_text(encoding="utf-8"), file.relative_to(EDGE).as_posix() in DECLARATIONS
        )
    }
    assert found == {}


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ('raise RunError("the lens is covered")', 1),
        ('raise RunError(f"{camera} is covered" if camera else "covered")', 2),
        ('return problem("a" + words("b"), FIX)', 1),
        ('Finding("problem", "dry", "water it")', 2),
        ('raise RunError(words("the lens is covered"))', 0),
        ('raise ValueError("a programming error")', 0),
    ],
)
def test_it_finds_plain_texts(source: str, count: int) -> None:
    assert len(list(plain_texts(source))) == count


def test_the_texts_of_validators_are_shown() -> None:
    assert all((EDGE / file).is_file() for file in DECLARATIONS)
    assert len(list(plain_texts('raise ValueError("too large")', builtin=True))) == 1
