"""Every setting with every kind of wrong value: one line in this project's own words, with the name and the value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_core._pydantic_core import list_all_errors

from edge.errors import UsageError
from edge.settings.config import Settings
from edge.settings.load import load_settings, settings_of
from edge.settings.problems import settings_problem
from edge.settings.scope import Declaration, declarations
from tests.edge.readers import problem_of

VALUES = [
    {"a": 1}, {}, [1], [[1]], [{}], [], ["a", {}], [[0, 0], [1, 0], [1, 2]], True, 1.5, -1, 10**30, float("nan"),
    float("inf"), "", "no such", "x" * 3000, "x" * 50_000, "a\0b", "\ud800", datetime(2026, 11, 30), date(2026, 11, 30),
]  # fmt: skip
TEXTS = ["no such", "[[", "x" * 50_000, "1" * 5000, "nan", "[[0, 0], [1]]"]

FOREIGN = [
    [part for part in re.split(r"\{\w+\}", error["message_template_python"]) if len(part.strip()) > 8]
    for error in list_all_errors()
]
"""What pydantic says, without its values: the fixed parts of each message."""


def is_foreign(text: str) -> bool:
    """Whether a text has the words of a library."""
    of_pydantic = any(parts and all(part in text for part in parts) for parts in FOREIGN)
    return of_pydantic or any(words in text for words in ("Expecting", "Exceeds", "validation error", "SettingsSource"))


ALL = list(declarations(Settings))


@pytest.fixture(params=ALL, ids=[each.name for each in ALL])
def setting(request: pytest.FixtureRequest) -> Declaration:
    declared: Declaration = request.param
    return declared


def assert_plain(text: str, *names: str) -> None:
    assert any(name in text for name in names), text
    assert not is_foreign(text), text
    assert len(text) < 400, text
    assert "\n" not in text, text


def in_tables(name: str, value: object) -> dict[str, Any]:
    """The value as a TOML file would set it."""
    for part in reversed(name.split(".")):
        value = {part: value}
    assert isinstance(value, dict)
    return value


def validated(content: dict[str, Any]) -> Settings:
    """As `settings_of`, but without flags, which take long."""
    try:
        return Settings(**content)
    except ValidationError as problem:
        raise UsageError(settings_problem(problem)) from None


def test_in_a_file(setting: Declaration) -> None:
    rejected = 0
    for value in VALUES:
        content = in_tables(setting.name, value)
        if text := problem_of(lambda content=content: validated(content), UsageError):
            rejected += 1
            assert_plain(text, setting.name)
            if isinstance(value, str):
                assert repr(value)[:20] in text or "needs" in text
    assert rejected >= 3


def test_as_a_flag(setting: Declaration) -> None:
    for value in TEXTS:
        if text := problem_of(lambda value=value: load_settings([setting.flag, value]), UsageError):
            assert_plain(text, setting.name, setting.flag, "unrecognized arguments")


def test_as_a_variable(setting: Declaration, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in TEXTS:
        monkeypatch.setenv(setting.variable, value)
        if text := problem_of(lambda: load_settings([]), UsageError):
            assert_plain(text, setting.name, setting.variable)


def unknown_settings() -> Iterator[dict[str, Any]]:
    yield {"colour": "red"}
    yield {"x" * 50_000: 1}
    for section in sorted({each.name.partition(".")[0] for each in ALL if "." in each.name}):
        yield {section: {"colour": "red"}}
        yield {section: 3}
        yield {section: [{}]}


@pytest.mark.parametrize("content", list(unknown_settings()))
def test_unknown_settings_and_sections_that_are_none(content: dict[str, Any]) -> None:
    assert_plain(problem_of(lambda: validated(content), UsageError), next(iter(content))[:50])


def test_a_number_of_thousands_of_digits_is_shown_in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_LANE", "wine")
    monkeypatch.setenv("EDGE_ZONE", "1" * 5000)
    text = problem_of(lambda: load_settings([]), UsageError)
    assert text.startswith("EDGE_ZONE = '1111")
    assert text.endswith("1': write 0,0 1,0 1,1, or JSON")


def test_a_text_that_no_file_can_be_named_by(monkeypatch: pytest.MonkeyPatch) -> None:
    text = problem_of(lambda: settings_of([], {"video": "a\0b"}), UsageError)
    assert text == r"video = 'a\x00b' has a NUL character: remove it"
    monkeypatch.setenv("EDGE_OFFERS", json.dumps({"exclude": ["beer", "a\0"]}))
    text = problem_of(lambda: load_settings([]), UsageError)
    assert text == r"EDGE_OFFERS: offers.exclude.1 = 'a\x00' has a NUL character: remove it"
