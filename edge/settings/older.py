"""Names that settings had in older versions. Files, variables and flags may still use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.commands import shown
from edge.errors import UsageError
from edge.language.words import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.settings.place import Place

OLDER_NAMES = {"store": ("insights", "store")}
"""By setting: the section and the name that it had."""


def with_new_names(values: dict[str, Any], place: Callable[[tuple[str, ...]], Place]) -> dict[str, Any]:
    """The values of one source, nested, under today's names. place: where a setting is given, see `Places`.

    Raises UsageError, one line, for a setting that is given under both names with different values.
    """
    for name, older in OLDER_NAMES.items():
        section, inner = older
        if not isinstance(table := values.get(section), dict) or inner not in table:
            continue
        value = table[inner]
        if values.get(name, value) != value:
            problem = words(
                "{older} = {value}: {name} is {other}, and {older} is its older name: remove {older}",
                older=".".join(older),
                value=shown(value),
                name=name,
                other=shown(values[name]),
            )
            raise UsageError(place(older).of(problem))
        rest = {key: each for key, each in table.items() if key != inner}
        values = {**values, section: rest, name: value}
    return values
