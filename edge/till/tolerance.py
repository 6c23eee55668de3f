"""Takes what is usable of a message, so that one odd value does not cost the others. Pure.

A value that its model does not accept is dropped and named. Only a message without its required values is rejected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from edge.settings.problems import in_one_line

if TYPE_CHECKING:
    from collections.abc import Sequence


MOST_ITEMS = 1000
"""More items of a list are dropped. Reading a message must not keep the camera waiting."""
_EXACT_NUMBER = 10**18
"""Numbers up to this are text where text is needed, such as a sku without quotes."""
_ROUNDS = 8
"""Each round replaces every value that the model rejects; a message takes three at most."""

Model = TypeVar("Model", bound=BaseModel)
_Place = tuple[str | int, ...]


@dataclass(frozen=True)
class SafeValue:
    """Marks a field whose default is less safe than this value, which replaces one that cannot be read. A required
    field gets it also when it is missing."""

    value: Any


@dataclass(frozen=True)
class NeededInWhole:
    """Marks an optional field without which its object would mean something else: if it cannot be read, the whole
    object is dropped."""


def take_usable(model: type[Model], values: dict[str, Any]) -> tuple[Model, tuple[str, ...]]:
    """A model of these values, and the names of the values that were dropped, such as `basket[3].sku`.

    A null is a value that was left out. Numbers are accepted as text, texts as numbers, also with a decimal comma,
    and one object as a list of one. Raises
    ValueError, one line, when a required value is missing or cannot be read.
    """
    dropped: dict[str, None] = {}
    values = _known(model, values, dropped)
    for _ in range(_ROUNDS):
        try:
            return model.model_validate(values), tuple(dropped)
        except ValidationError as problem:
            details = problem.errors(include_url=False, include_context=False, include_input=False)
            kinds = {_place(values, detail["loc"]): detail["type"] for detail in details}
            replaced = [_replace(model, values, place, kind, dropped) for place, kind in kinds.items()]
            if not any(replaced):
                raise ValueError(in_one_line(problem, "message")) from None
    raise ValueError("message cannot be read")


def _known(model: type[BaseModel], values: dict[str, Any], dropped: dict[str, None]) -> dict[str, Any]:
    """A copy with the fields of the model only, without nulls, and with at most MOST_ITEMS in each list."""
    known: dict[str, Any] = {}
    for name in model.model_fields:
        if (value := values.get(name)) is None:
            continue
        inner = _inner_model(model, name)
        if inner and isinstance(value, dict):
            value = _known(inner, value, dropped)
        elif inner and isinstance(value, list):
            if (left_out := len(value) - MOST_ITEMS) > 0:
                value = _most_important(value)
                dropped[f"{name}: {left_out} items"] = None
            value = [
                _known(inner, item, dropped) if isinstance(item, dict) else item for item in value if item is not None
            ]
        known[name] = value
    return known


def _most_important(items: Sequence[Any]) -> list[Any]:
    """MOST_ITEMS of the items in their order; age-restricted ones are the last to go."""
    matter = [
        number
        for number, item in enumerate(items)
        if isinstance(item, dict) and (item.get("restricted") or item.get("minimum_age") is not None)
    ]
    kept = set(matter[:MOST_ITEMS])
    others = (number for number in range(len(items)) if number not in kept)
    kept.update(number for number, _ in zip(others, range(MOST_ITEMS - len(kept)), strict=False))
    return [items[number] for number in sorted(kept)]


def _place(values: Any, location: Sequence[str | int]) -> _Place:
    """Where in the values an error is. Pydantic may add names of its own after it."""
    place: list[str | int] = []
    for step in location:
        place.append(step)
        is_object, is_list = isinstance(values, dict), isinstance(values, list)
        if not ((is_object and step in values) or (is_list and isinstance(step, int) and step < len(values))):
            # A missing field of an object; anything else is not a place.
            return tuple(place if is_object else place[:-1])
        values = values[step]
    return tuple(place)


def _replace(
    model: type[BaseModel], values: dict[str, Any], place: _Place, kind: str, dropped: dict[str, None]
) -> bool:
    """Replace or remove the value at a place. kind: pydantic's type of the error. Returns False, and changes nothing,
    when the model needs the value."""
    holder: Any = values
    items: type[BaseModel] | None = model
    for step in place[:-1]:
        if isinstance(step, str) and (items := _inner_model(model, step)):
            model = items
        try:
            holder = holder[step]
        except (KeyError, IndexError):
            return True  # Another error of this round has already replaced what was around it.
    last = place[-1]
    missing = isinstance(holder, dict) and last not in holder
    if not missing and (converted := _converted(model, last, holder[last], kind)) is not None:
        holder[last] = converted
        return True
    if isinstance(last, int):
        if items is None:
            return _drop(values, place, dropped)
        dropped[_name(place)] = None
        holder[last] = _safe_values(items)
        return True
    if (field := model.model_fields.get(last)) is None:
        return len(place) > 1 and _drop(values, place[:-1], dropped)
    safe = next((mark for mark in field.metadata if isinstance(mark, SafeValue)), None)
    if safe and (field.is_required() or not missing):
        dropped[_name(place)] = None
        holder[last] = safe.value
        return True
    if field.is_required() or NeededInWhole() in field.metadata:
        return len(place) > 1 and _drop(values, place[:-1], dropped)
    return _drop(values, place, dropped)


def _converted(model: type[BaseModel], step: str | int, value: Any, kind: str) -> Any:
    """The value in the form that the model accepts; None when it has none. Nothing is lost by this."""
    if kind == "string_type" and not isinstance(value, bool) and isinstance(value, int | float):
        whole = abs(value) <= _EXACT_NUMBER and value == int(value)
        return str(int(value)) if whole else None
    if kind == "float_parsing" and isinstance(value, str) and "," in value:
        # If it is no number with a decimal comma, the next round drops it.
        return value.replace(",", ".")
    if kind == "tuple_type" and isinstance(value, dict):
        return [value]
    if isinstance(step, int) and "sku" in model.model_fields and not isinstance(value, bool):
        return {"sku": value} if isinstance(value, str | int) else None
    return None


def _drop(values: dict[str, Any], place: _Place, dropped: dict[str, None]) -> bool:
    """Remove a value; an item of a list with its whole list, so that the numbers of the other items stay right."""
    holder: Any = values
    while isinstance(place[-1], int):
        place = place[:-1]
    for step in place[:-1]:
        holder = holder[step]
    dropped[_name(place)] = None
    del holder[place[-1]]
    return True


def _safe_values(model: type[BaseModel]) -> dict[str, Any]:
    """What is used instead of an item of a list that cannot be read at all."""
    marks = ((name, mark) for name, field in model.model_fields.items() for mark in field.metadata)
    return {name: mark.value for name, mark in marks if isinstance(mark, SafeValue)}


@cache
def _inner_model(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The model of a field, or of the items of a field; None for plain values."""
    return _model_in(model.model_fields[name].annotation)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _name(place: _Place) -> str:
    """The place as it is told to the till."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")
