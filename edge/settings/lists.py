"""How a list is written as a flag or a variable: items with commas between them, points as X,Y X,Y ..., or JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from edge.commands import shown
from edge.errors import UsageError
from edge.language.words import words

if TYPE_CHECKING:
    from edge.settings.scope import Declaration


def is_list(each: Declaration) -> bool:
    """Whether the value of a setting is a list."""
    return get_origin(each.field.annotation) is tuple


def list_of(each: Declaration, text: str, name: str, example: str) -> list[Any]:
    """The items of a list that a person has written. name: of the flag or variable; example: how its list is written.
    Raises UsageError for a text in no such form."""
    try:
        return _items(each, text)
    except RecursionError:
        raise nested_too_deeply(name) from None
    except ValueError:
        raise UsageError(
            words("{variable} = {value}: write {example}, or JSON", variable=name, value=shown(text), example=example)
        ) from None


def nested_too_deeply(name: str) -> UsageError:
    """The error for JSON that is nested too deeply. name: of the flag or variable."""
    return UsageError(words("{flag} has JSON that is nested too deeply: correct it", flag=name))


def _items(each: Declaration, text: str) -> list[Any]:
    text, kind = text.strip(), _kind(each)
    if text.startswith(("[", "{")):
        if not isinstance(items := json.loads(text), list):
            raise ValueError(text)
        return items
    if kind is tuple:
        points = [point.split(",") for point in re.sub(r"\s*,\s*", ",", text).split()]
        if any(len(point) != 2 for point in points):
            raise ValueError(text)
        return points
    items = text.split(",") if kind is str else re.split(r"[\s,]+", text)
    return [item.strip() for item in items if item.strip()]


def list_example(each: Declaration) -> str:
    """A list as it can be written."""
    return {tuple: "0,0 1,0 1,1", int: "18,30"}.get(_kind(each), "FIRST,SECOND")


def _kind(each: Declaration) -> Any:
    """The type of the items; of points, tuple."""
    item = get_args(each.field.annotation)[0]
    item = get_args(item)[0] if get_origin(item) is Annotated else item
    return get_origin(item) or item
