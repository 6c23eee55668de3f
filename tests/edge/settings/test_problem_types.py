"""Every kind of error that any model of this project can raise has words of this project."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

import edge
import export
import train
from edge.settings.problems import PROBLEM_WORDS, in_one_line
from tests.edge.settings.test_wrong_values import is_foreign

pytestmark = pytest.mark.slow

OWN = ("value_error", "json_invalid")
"""Errors of this project's validators, and those whose place in a text is shown."""
WRONG: list[Any] = [
    None, True, 1, -1, 0, 1.5, 1e300, 10**30, "1" * 5000, float("nan"), float("inf"), "", "no such", "x" * 10_000,
    "\ud800", "a\0b", b"\xff", datetime(2026, 11, 30), "2026-11-30", "2026-11-30T18:00:00", "2026-13-40T99:00:00Z",
    [], [1], [[1]], [{}], {}, {"a": 1}, [None] * 1000, object(),
]  # fmt: skip


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not found.name.endswith("__main__") and "tensorrt" not in found.name:
            yield importlib.import_module(found.name)


def models() -> list[type[BaseModel]]:
    found = {
        value
        for package in (edge, train, export)
        for module in modules(package)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__
    }
    return sorted(found, key=lambda model: f"{model.__module__}.{model.__name__}")


def errors(model: type[BaseModel]) -> Iterator[ValidationError]:
    """What the model raises for wrong values of each field and as a whole, as Python and as JSON."""
    names = [field.alias or name for name, field in model.model_fields.items()]
    contents = [*WRONG, *({name: value} for name in names for value in WRONG), {"no such field": 1}]
    texts = ["", "{", "[1", '{"a": 1e999}', '"\\ud800"']
    for content in contents:
        with suppress(TypeError, ValueError):  # not JSON
            texts.append(json.dumps(content))
        try:
            model.model_validate(content)
        except ValidationError as error:
            yield error
    for text in texts:
        try:
            model.model_validate_json(text)
        except ValidationError as error:
            yield error


@pytest.mark.parametrize("model", models(), ids=lambda model: f"{model.__module__}.{model.__name__}")
def test_every_error_has_words_of_this_project(model: type[BaseModel]) -> None:
    for error in errors(model):
        kinds = {detail["type"] for detail in error.errors(include_url=False)}
        assert kinds <= {*PROBLEM_WORDS, *OWN}, kinds
        text = in_one_line(error)
        assert not is_foreign(text), text
        assert "\n" not in text
