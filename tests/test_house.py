"""The rules of the tree: what stands at the root, how long a file may be, and that a name means one thing."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge import __version__

ROOT = Path(__file__).parents[1]
PACKAGES = ("edge", "train", "export")
MODULES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
PYTHON = sorted(MODULES + [file for folder in ("tests", "docs", "deploy") for file in (ROOT / folder).rglob("*.py")])

AT_THE_ROOT = {"__init__", "__main__", "cli", "commands", "errors", "timings", "predict", "progress"}
ROOMS = {
    "settings", "frames", "vision", "ages", "decision", "till", "records", "purchases", "offers", "lane", "agent",
    "reports", "web", "doctor", "bench", "demo", "models", "clock", "language", "service", "fleet",
    "gateway",
}  # fmt: skip
MOST_LINES = 400
MOST_LINES_OF_A_FUNCTION = 85


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_the_root_of_edge_holds_only_what_starts_it() -> None:
    inside = [path for path in (ROOT / "edge").iterdir() if path.name != "__pycache__"]
    assert {path.stem for path in inside if path.is_file()} == AT_THE_ROOT
    assert {path.name for path in inside if path.is_dir()} == ROOMS


def test_no_file_is_too_long() -> None:
    lengths = {name_of(file): len(file.read_text(encoding="utf-8").splitlines()) for file in PYTHON}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{name_of(file)}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for file in PYTHON
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES_OF_A_FUNCTION} == {}


def test_every_module_says_what_it_is_for() -> None:
    texts = {name_of(file): file.read_text(encoding="utf-8") for file in MODULES}
    assert [name for name, text in texts.items() if text and not ast.get_docstring(ast.parse(text))] == []


def test_a_class_has_a_name_of_its_own() -> None:
    owners: dict[str, list[str]] = defaultdict(list)
    for file in MODULES:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                owners[node.name].append(name_of(file))
    assert {name: files for name, files in owners.items() if len(files) > 1} == {}


def constants(file: Path) -> Iterator[tuple[str, str]]:
    """Names in capitals at the top of a module, with the source of their values."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            yield from ((name.id, ast.unparse(node.value)) for name in node.targets if isinstance(name, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, ast.unparse(node.value)


def test_constants_of_the_same_name_have_the_same_value() -> None:
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for file in MODULES:
        for name, value in constants(file):
            if name.isupper():
                values[name][name_of(file)] = value
    assert {name: by_file for name, by_file in values.items() if len(set(by_file.values())) > 1} == {}


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_a_document_names_only_files_that_exist(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    paths = re.findall(r"`((?:edge|train|export|tests|docs|deploy)/[\w./-]+)`", text)
    assert [path for path in (*links, *paths) if not (ROOT / path).exists()] == []


def test_edge_imports_no_torch() -> None:
    torch = [name_of(file) for file in MODULES if name_of(file).startswith("edge/")
             and re.search(r"^\s*(import|from) torch", file.read_text(encoding="utf-8"), re.MULTILINE)]  # fmt: skip
    assert torch == []


def test_the_newest_version_in_the_changelog_is_that_of_the_program() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    numbered = [heading for heading in headings if heading != "Unreleased"]
    assert re.fullmatch(rf"{re.escape(__version__)} \(\d{{4}}-\d\d-\d\d\)", numbered[0])
