"""Validation errors become one line of plain words, with the field and what is allowed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.settings.problems import in_one_line, settings_problem


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seconds: Annotated[float, Field(gt=0, le=60)] = 1
    count: Annotated[int, Field(ge=0, lt=10)] = 0
    kind: Literal["scan", "wait"] = "wait"
    name: Annotated[str, Field(min_length=1, max_length=3, pattern="^[a-z]*$")] = "a"
    at: datetime | None = None
    parts: Annotated[tuple[Annotated[float, Field(allow_inf_nan=False)], ...], Field(min_length=2)] = (1, 2)
    on: bool = False

    @model_validator(mode="after")
    def _not_both(self) -> Step:
        if self.on and self.count:
            raise ValueError("on and count exclude each other")
        return self


class Script(BaseModel):
    steps: tuple[Step, ...]


def problem(**fields: object) -> ValidationError:
    with pytest.raises(ValidationError) as raised:
        Step(**fields)  # type: ignore[arg-type]
    return raised.value


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"seconds": 0}, "seconds must be above 0"),
        ({"seconds": 60.5}, "seconds must be at most 60"),
        ({"seconds": "soon"}, "seconds must be a number, such as 0.5"),
        ({"count": -1}, "count must be at least 0"),
        ({"count": 10}, "count must be below 10"),
        ({"count": 1.5}, "count must be a whole number"),
        ({"kind": "open"}, "kind must be 'scan' or 'wait'"),
        ({"name": ""}, "name must not be empty"),
        ({"name": "abcd"}, "name must have at most 3 characters"),
        ({"name": "A"}, "name does not have the required form, ^[a-z]*$"),
        ({"name": 7}, "name must be text"),
        ({"parts": (1,)}, "parts must have at least 2 items"),
        ({"parts": 1}, "parts must be a list"),
        ({"parts": (1, float("inf"))}, "parts.1 must be a finite number"),
        ({"on": "perhaps"}, "on must be true or false"),
        ({"colour": "red"}, "colour is not a known field"),
        ({"on": True, "count": 1}, "on and count exclude each other"),
        ({"seconds": 0, "kind": "open"}, "seconds must be above 0; kind must be 'scan' or 'wait'"),
    ],
)
def test_a_problem_names_the_field_and_what_is_allowed(fields: dict[str, object], text: str) -> None:
    assert in_one_line(problem(**fields)) == text


def test_a_list_that_is_too_short_only_without_its_invalid_items_is_not_reported_as_short() -> None:
    assert in_one_line(problem(parts=(1, "x"))) == "parts.1 must be a number, such as 0.5"


def test_a_problem_of_the_whole_is_named_as_the_caller_says() -> None:
    with pytest.raises(ValidationError) as raised:
        Step.model_validate_json("[]")
    assert in_one_line(raised.value, "message") == "message must be an object"
    with pytest.raises(ValidationError) as raised:
        Step.model_validate_json("{")
    assert in_one_line(raised.value) == "it is not JSON: line 1, column 1"


def test_a_missing_field_inside_another_is_named_with_its_place() -> None:
    with pytest.raises(ValidationError) as raised:
        Script.model_validate({})
    assert in_one_line(raised.value) == "steps is missing"
    with pytest.raises(ValidationError) as raised:
        Script.model_validate({"steps": [{"seconds": -1}]})
    assert in_one_line(raised.value) == "steps.0.seconds must be above 0"


def test_after_five_problems_the_others_are_counted() -> None:
    with pytest.raises(ValidationError) as raised:
        Script.model_validate({"steps": [{"seconds": 0}] * 8})
    text = in_one_line(raised.value)
    assert text.count("must be above 0") == 5
    assert text.endswith("; and 3 more")


def test_a_problem_of_a_setting_shows_the_value() -> None:
    assert settings_problem(problem(seconds=0)) == "seconds = 0: must be above 0"
    assert settings_problem(problem(colour="red")).startswith("colour: there is no such setting")
