"""Validation errors as one line of plain words: which field, what value, what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from edge.commands import shortened, shown
from edge.language.formats import Shown, listed
from edge.language.words import Words, joined, verbatim, words
from edge.settings.place import NOWHERE, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_MOST = 5
"""More problems than this are only counted."""

_IT = words("it")

_MUST_BE_WHOLE = words("must be a whole number")
_MUST_BE_TRUTH = words("must be true or false")
_MUST_BE_LIST = words("must be a list")
_MUST_BE_OBJECT = words("must be an object")
_MUST_BE_ONE_OF = words("must be {expected}")
_MUST_BE_TIME = words("must be a date and time with its zone, such as 2026-11-30T18:00:00Z")

PROBLEM_WORDS = {
    "missing": words("is missing"),
    "extra_forbidden": words("is not a known field"),
    "greater_than": words("must be above {gt}"),
    "greater_than_equal": words("must be at least {ge}"),
    "less_than": words("must be below {lt}"),
    "less_than_equal": words("must be at most {le}"),
    "literal_error": _MUST_BE_ONE_OF,
    "enum": _MUST_BE_ONE_OF,
    "finite_number": words("must be a finite number"),
    "int_type": _MUST_BE_WHOLE,
    "int_parsing": _MUST_BE_WHOLE,
    "int_from_float": _MUST_BE_WHOLE,
    "int_parsing_size": words("must be a whole number with fewer digits"),
    "float_type": words("must be a number"),
    "float_parsing": words("must be a number, such as 0.5"),
    "bool_type": _MUST_BE_TRUTH,
    "bool_parsing": _MUST_BE_TRUTH,
    "string_type": words("must be text"),
    "string_unicode": words("must be text in Unicode"),
    "path_type": words("must be a path"),
    "string_too_short": words("must have at least {min_length} characters"),
    "string_too_long": words("must have at most {max_length} characters"),
    "string_pattern_mismatch": words("does not have the required form, {pattern}"),
    "empty": words("must not be empty"),
    "too_short": words("must have at least {min_length} items"),
    "too_long": words("must have at most {max_length} items"),
    "tuple_type": _MUST_BE_LIST,
    "list_type": _MUST_BE_LIST,
    "dict_type": _MUST_BE_OBJECT,
    "model_type": _MUST_BE_OBJECT,
    "model_attributes_type": _MUST_BE_OBJECT,
    "invalid_key": words("must have a text as name"),
    "json_type": words("must be JSON"),
    "timezone_aware": _MUST_BE_TIME,
    "datetime_type": _MUST_BE_TIME,
    "datetime_parsing": _MUST_BE_TIME,
    "datetime_object_invalid": _MUST_BE_TIME,
    "datetime_from_date_parsing": _MUST_BE_TIME,
    "union_tag_invalid": words("needs {discriminator} to be one of {expected_tags}"),
    "union_tag_not_found": words("needs {discriminator}"),
}
"""By pydantic's error type, and "empty" for a text or list of at least one. {names} are from the error's context."""

_OTHER_PROBLEM = words("cannot be used")
_JSON_PLACE = re.compile(r"line (\d+) column (\d+)")

_MUST_BE_TABLE = words("must be a table of settings")
_SETTINGS_WORDS = {
    "extra_forbidden": words("there is no such setting"),
    "dict_type": _MUST_BE_TABLE,
    "model_type": _MUST_BE_TABLE,
}


Name = tuple["str | int", ...]
FindPlace = Callable[[Name, str], Place]


def _nowhere(name: Name, text: str) -> Place:  # noqa: ARG001
    return NOWHERE


def in_one_line(error: ValidationError, whole: str = _IT) -> Words:
    """Every problem as `field what is allowed`, without values: these may be long or personal.

    whole: the name of what was validated, for problems of no single field.
    """
    return _listed([_text(detail, whole, PROBLEM_WORDS, with_value=False) for detail in _details(error)])


def settings_problem(
    error: ValidationError, place: FindPlace = _nowhere, names: Iterable[str] = (), command: str = "edge-agent run"
) -> Words:
    """Every unknown or invalid setting as `PLACE: name = value: what is allowed`.

    place: where a setting is given, from its name and what is wrong. names: all settings and sections, for suggestions.
    command: whose help lists the settings.
    """
    known, names, texts = PROBLEM_WORDS | _SETTINGS_WORDS, list(names), []
    last = NOWHERE
    for detail in _details(error):
        text = _text(detail, words("the file"), known, with_value=True)
        if detail["type"] == "extra_forbidden":
            if meant := _similar(".".join(map(str, detail["loc"])), names):
                text = words("{problem} (did you mean {name}?)", problem=text, name=meant)
            else:
                text = words("{problem}; {command} --help lists them", problem=text, command=command)
        where = place(detail["loc"], text)
        texts.append(where.of(text, after=last))
        last = where
    return _listed(texts)


def _similar(name: str, names: list[str]) -> str:
    """The setting that was probably meant: of the same name in another section, or with a similar name."""
    name = name.replace("-", "_")
    own = [each for each in names if each.rpartition(".")[2] == name.rpartition(".")[2]]
    return next(iter(own or get_close_matches(name, names, n=1)), "")


def no_json(error: ValueError | str) -> Words:
    """What is wrong with a text that was to be JSON: `is not JSON`, and where, from what a parser says."""
    if place := _JSON_PLACE.search(str(error)):
        return words("is not JSON: line {line}, column {column}", line=place[1], column=place[2])
    return words("is not JSON")


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


def _text(detail: ErrorDetails, whole: str, known: Mapping[str, Words], *, with_value: bool) -> Words:
    name = shortened(".".join(map(str, detail["loc"])))
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error" and (not name or isinstance(detail["input"], dict)):
        # Validators of a whole section or object name the field themselves.
        return _own_words(detail)
    if context.get("min_length") == 1:
        kind = "empty"
    if kind == "json_invalid":
        return words("{name} {problem}", name=name or whole, problem=no_json(context["error"]))
    is_own = kind == "value_error"
    text = _own_words(detail) if is_own else _filled(known.get(kind, _OTHER_PROBLEM), context)
    if kind == "extra_forbidden" and with_value:
        return words("{name}: {problem}", name=name, problem=text)
    if name and with_value and kind != "missing":
        return words("{name} = {value}: {problem}", name=name, value=shown(detail["input"]), problem=text)
    if is_own:
        return words("{name}: {problem}", name=name or whole, problem=text)
    return words("{name} {problem}", name=name or whole, problem=text)


def _own_words(detail: ErrorDetails) -> Words:
    """Those of a validator of this project."""
    return verbatim(detail["ctx"]["error"])


def _filled(text: Words, context: Mapping[str, Any]) -> Words:
    return text.format(**{name: _plain(name, context[name]) for name in text.names})


def _plain(name: str, value: Any) -> Any:
    """Numbers without a superfluous `.0`, as they are written in a file of settings: in every language with a point."""
    if name == "expected":
        return Shown(listed, re.split(", | or ", value), {"style": "or"})
    return f"{value:g}" if isinstance(value, float) else value


def _listed(texts: list[Words]) -> Words:
    problems, more = joined("; ", texts[:_MOST]), len(texts) - _MOST
    return words("{problems}; and {more} more", problems=problems, more=more) if more > 0 else problems
