"""Validation errors as one line of plain words: which field, what value, what is allowed."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from edge.commands import shortened, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails
    from pydantic_settings import SettingsError

_MOST = 5
"""More problems than this are only counted."""

_WHOLE_NUMBER = "must be a whole number"
_TIME = "must be a date and time with its zone, such as 2026-11-30T18:00:00Z"

PROBLEM_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "finite_number": "must be a finite number",
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "int_parsing_size": f"{_WHOLE_NUMBER} with fewer digits",
    "float_type": "must be a number",
    "float_parsing": "must be a number, such as 0.5",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "string_unicode": "must be text in Unicode",
    "path_type": "must be a path",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "does not have the required form, {pattern}",
    "empty": "must not be empty",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "invalid_key": "must have a text as name",
    "json_type": "must be JSON",
    "timezone_aware": _TIME,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "datetime_from_date_parsing": _TIME,
    "union_tag_invalid": "needs {discriminator} to be one of {expected_tags}",
    "union_tag_not_found": "needs {discriminator}",
}
"""By pydantic's error type, and "empty" for a text or list of at least one. {names} are from the error's context."""

_OTHER_PROBLEM = "cannot be used"
_JSON_PLACE = re.compile(r"line (\d+) column (\d+)")

_SETTINGS_WORDS = {
    "extra_forbidden": "there is no such setting",
    "dict_type": "must be a table of settings",
    "model_type": "must be a table of settings",
}


Place = Callable[[tuple["str | int", ...], str], str]


def _nowhere(name: tuple[str | int, ...], text: str) -> str:  # noqa: ARG001
    return ""


def in_one_line(error: ValidationError, whole: str = "it") -> str:
    """Every problem as `field what is allowed`, without values: these may be long or personal.

    whole: the name of what was validated, for problems of no single field.
    """
    return _joined([_text(detail, whole, PROBLEM_WORDS, with_value=False) for detail in _details(error)])


def settings_problem(
    error: ValidationError, place: Place = _nowhere, names: Iterable[str] = (), command: str = "edge-agent run"
) -> str:
    """Every unknown or invalid setting as `PLACE: name = value: what is allowed`.

    place: where a setting is given, from its name and what is wrong. names: all settings and sections, for suggestions.
    command: whose help lists the settings.
    """
    words, names, texts = PROBLEM_WORDS | _SETTINGS_WORDS, list(names), []
    last = ""
    for detail in _details(error):
        text = _text(detail, "the file", words, with_value=True)
        if detail["type"] == "extra_forbidden":
            hint = _similar(".".join(map(str, detail["loc"])), names)
            text += f" (did you mean {hint}?)" if hint else f"; {command} --help lists them"
        where = place(detail["loc"], text)
        file = where.partition(", line ")[0]
        texts.append((where.removeprefix(f"{file}, ") if file == last else where) + text)
        last = file
    return _joined(texts)


def _similar(name: str, names: list[str]) -> str:
    """The setting that was probably meant: of the same name in another section, or with a similar name."""
    name = name.replace("-", "_")
    own = [each for each in names if each.rpartition(".")[2] == name.rpartition(".")[2]]
    return next(iter(own or get_close_matches(name, names, n=1)), "")


def no_json(error: ValueError | str) -> str:
    """What is wrong with a text that was to be JSON: `is not JSON`, and where, from what a parser says."""
    place = _JSON_PLACE.search(str(error))
    return "is not JSON" + (f": line {place[1]}, column {place[2]}" if place else "")


def unreadable_setting(error: SettingsError) -> str:
    """An EDGE_* variable that could not be parsed."""
    field = re.match(r'error parsing value for field "(\w+)"', str(error))
    if field is None:
        return "an EDGE_* variable cannot be read: correct it"
    prefix = f"EDGE_{field[1].upper()}"
    for name, value in os.environ.items():
        if name.upper().startswith(prefix) and _same_problem(value, error.__cause__):
            return f'{name} = {shown(value)} must be JSON, such as [18, 30] or ["a", "b"], with numbers of a few digits'
    return f"{prefix} must be JSON"


def _same_problem(value: str, cause: BaseException | None) -> bool:
    """Whether this value is what could not be parsed."""
    try:
        json.loads(value)
    except json.JSONDecodeError as problem:
        return isinstance(cause, json.JSONDecodeError) and problem.doc == cause.doc
    except ValueError as problem:  # a number of thousands of digits
        return str(problem) == str(cause)
    return False


def _details(error: ValidationError) -> list[ErrorDetails]:
    """All errors but `too_short` of a list with invalid items: it follows from these, which are reported."""
    found = error.errors(include_url=False)
    places = [detail["loc"] for detail in found]
    return [
        detail
        for detail in found
        if detail["type"] != "too_short"
        or not any(other != detail["loc"] and other[: len(detail["loc"])] == detail["loc"] for other in places)
    ]


def _text(detail: ErrorDetails, whole: str, words: Mapping[str, str], *, with_value: bool) -> str:
    name = shortened(".".join(map(str, detail["loc"])))
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error" and (not name or isinstance(detail["input"], dict)):
        # Validators of a whole section or object name the field themselves.
        return _own_words(detail)
    if context.get("min_length") == 1:
        kind = "empty"
    if kind == "json_invalid":
        return f"{name or whole} {no_json(context['error'])}"
    known = words.get(kind, "" if kind == "value_error" else _OTHER_PROBLEM)
    text = known.format_map(_plain(context)) or _own_words(detail)
    if kind == "extra_forbidden" and with_value:
        return f"{name}: {text}"
    if name and with_value and kind != "missing":
        return f"{name} = {shown(detail['input'])}: {text}"
    return f"{name or whole} {text}" if known else f"{name or whole}: {text}"


def _own_words(detail: ErrorDetails) -> str:
    """Those of a validator of this project."""
    return detail["msg"].removeprefix("Value error, ")


def _plain(context: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers without a superfluous `.0`."""
    return {name: f"{value:g}" if isinstance(value, float) else value for name, value in context.items()}


def _joined(texts: list[str]) -> str:
    more = len(texts) - _MOST
    return "; ".join(texts[:_MOST]) + (f"; and {more} more" if more > 0 else "")
