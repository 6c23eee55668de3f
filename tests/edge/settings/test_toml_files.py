"""TOML files: what editors write is read, and what is wrong is named in plain words, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import UsageError
from edge.settings.lanes import load_lanes
from edge.settings.toml_files import read_toml
from tests.edge.readers import problem_of

CONFIG = 'lane = "wine"  # вино\r\n[policy]\r\nmin_looks = 5\r\n'


def rejection(file: Path) -> str:
    with pytest.raises(UsageError) as rejected:
        read_toml(file)
    text = str(rejected.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["", "\0"])
def test_a_config_is_read_as_the_editors_of_windows_write_it(encoding: str, end: str, tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_bytes((CONFIG + end).encode(encoding))
    assert read_toml(file) == {"lane": "wine", "policy": {"min_looks": 5}}


def test_a_file_with_nothing_in_it_sets_nothing(tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_bytes(b"\xff\xfe")
    assert read_toml(file) == read_toml(None) == {}


PLAIN = 'write name = value, and text in "quotation marks"'


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("lane = ", f"at its end: {PLAIN}"),
        ("camera: 0", f"line 1, column 7: {PLAIN}"),
        ("lane = wine", f"line 1, column 8: {PLAIN}"),
        ("risk = 0,05", f"line 1, column 9: {PLAIN}"),
        ('lane = "a"\nmode = "auto', "at its end: a quotation mark or a bracket is not closed"),
        ('lane = "a\nb"', "line 1, column 10: there is a line end or an invisible character inside a text: write it"),
        ("[till\nlive = 1", "line 1, column 6: a quotation mark or a bracket is not closed"),
        ("zone = [[0, 0], [1, 0]", "at its end: a quotation mark or a bracket is not closed"),
        ('model = "C:\\models"', "line 1, column 14: write a backslash twice"),
        ('lane = "a"\nlane = "b"', "at its end: it is set twice: remove one of the two"),
        ("[policy]\n[till]\n[policy]", "line 3, column 8: it is set twice"),
        ("till.live = 1\n[till]", "line 2, column 6: it is set twice"),
        ("audit = {keep_days = 1}\n[audit.x]", "line 2, column 9: it is set twice"),
        ("picture = {mirror = true, mirror = true}", "line 1, column 40: it is set twice"),
        ("lane = 2026-02-30", "line 1, column 8: there is no such date"),
        ("lane = 1" + "0" * 5000, "a number has too many digits"),
        ("lane = 'a\0b'", "line 1 has a NUL character: save the file as UTF-8"),
    ],
)
def test_what_is_no_toml_is_rejected_with_its_place_and_the_fix(content: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_text(content, encoding="utf-8")
    assert rejection(file).startswith(f"{file} is not TOML: {problem}")


@pytest.mark.parametrize(
    "content",
    [
        "zone = " + "[" * 3000 + "]" * 3000,
        "zone = " + "[" * 10 + "]" * 10,
        "a = " + "{a = " * 3000 + "1" + "}" * 3000,
        "a." * 100_000 + "a = 1",
        "a = {" + "a." * 100_000 + "a = 1}",
        "[" + "a . " * 50_000 + "a]",
        "'='." * 50_000 + "a = 1",
        "till." * 20 + "live = 1",
    ],
)
def test_deep_nesting_is_rejected_before_it_takes_memory(content: str, tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_text(content, encoding="utf-8")
    text = f"{file} is nested too deeply: settings have at most 10 levels of tables and lists"
    assert rejection(file) == text


def test_a_large_file_is_no_config(tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_bytes(b"#" * 300_000)
    assert rejection(file) == f"{file} is not TOML: it has more than 256 KiB: make it smaller"


def test_dots_that_separate_nothing_are_no_long_key(tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    corners = ", ".join("[0.5, 0.25]" for _ in range(64))
    names = ", ".join(f'"{number}.{number}"' for number in range(200))
    file.write_text(f'zone = [{corners}]\nexclude = [{names}]\nnotice = "Wait{"." * 200}"', encoding="utf-8")
    assert len(read_toml(file)["exclude"]) == 200


PARTS = ["lane", "policy", "[", "]", "[[", "]]", "=", '"', "'", "\n", "\r", "\\", "u0000", ".", ",", "{", "}", "1",
         "0.5", "true", "2026-01-01", "#", " ", "касса", '"""', "\0", "zone", "-", "inf", "camera"]  # fmt: skip


@given(content=st.binary(max_size=100) | st.lists(st.sampled_from(PARTS)).map(lambda parts: "".join(parts).encode()))
def test_any_file_is_settings_or_one_line_that_says_why_not(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(content)
    problem = problem_of(lambda: load_lanes([], file), UsageError)
    assert "\n" not in problem.removeprefix(str(file))
