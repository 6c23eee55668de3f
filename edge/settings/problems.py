"""Validation errors as one line of plain words: which field, what value, what is allowed."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails
    from pydantic_settings import SettingsError

_MOST = 5
"""More problems than this are only counted."""

_PROBLEM_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "finite_number": "must be a finite number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
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
    "json_invalid": "is not JSON: {error}",
    "timezone_aware": "must have a time zone",
    "datetime_type": "must be a date and time",
    "datetime_parsing": "must be a date and time: {error}",
    "datetime_from_date_parsing": "must be a date and time: {error}",
    "union_tag_invalid": "needs {discriminator} to be one of {expected_tags}",
    "union_tag_not_found": "needs {discriminator}",
}
"""By pydantic's error type, and "empty" for a text or list of at least one. {names} are from the error's context."""

_SETTINGS_WORDS = {
    "extra_forbidden": "there is no such setting; edge-agent run --help lists them",
    "dict_type": "must be a table of settings",
    "model_type": "must be a table of settings",
}


def in_one_line(error: ValidationError, whole: str = "it") -> str:
    """Every problem as `field what is allowed`, without values: these may be long or personal.

    whole: the name of what was validated, for problems of no single field.
    """
    return _joined([_text(detail, whole, _PROBLEM_WORDS, with_value=False) for detail in _details(error)])


def settings_problem(error: ValidationError) -> str:
    """Every unknown or invalid setting as `name = value: what is allowed`."""
    words = _PROBLEM_WORDS | _SETTINGS_WORDS
    return _joined([_text(detail, "the file", words, with_value=True) for detail in _details(error)])


def unreadable_setting(error: SettingsError) -> str:
    """A flag or an EDGE_* variable that could not be parsed."""
    if field := re.match(r'error parsing value for field "(\w+)" from source "EnvSettingsSource"', str(error)):
        value = getattr(error.__cause__, "doc", "")  # of json.JSONDecodeError
        prefix = f"EDGE_{field[1].upper()}"
        names = [name for name in os.environ if name.upper().startswith(prefix) and os.environ[name] == value]
        return f"{names[0] if names else prefix} = {value!r} must be JSON"
    return f"{error}; see edge-agent run --help".replace("error parsing CLI: ", "")


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
    name = ".".join(map(str, detail["loc"]))
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error" and (not name or isinstance(detail["input"], dict)):
        # Validators of a whole section or object name the field themselves.
        return _own_words(detail)
    if context.get("min_length") == 1:
        kind = "empty"
    text = words[kind].format_map(_plain(context)) if kind in words else _own_words(detail)
    if kind == "extra_forbidden" and with_value:
        return f"{name}: {text}"
    if name and with_value and kind != "missing":
        return f"{name} = {detail['input']!r}: {text}"
    return f"{name or whole} {text}" if kind in words else f"{name or whole}: {text}"


def _own_words(detail: ErrorDetails) -> str:
    return detail["msg"].removeprefix("Value error, ")


def _plain(context: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers without a superfluous `.0`."""
    return {name: f"{value:g}" if isinstance(value, float) else value for name, value in context.items()}


def _joined(texts: list[str]) -> str:
    more = len(texts) - _MOST
    return "; ".join(texts[:_MOST]) + (f"; and {more} more" if more > 0 else "")
