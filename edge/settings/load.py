"""Reads settings from flags, EDGE_* variables and a TOML file. Flags win over variables, variables over the file."""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from edge.errors import UsageError
from edge.language.words import words
from edge.settings.config import Settings
from edge.settings.flags import flag_values
from edge.settings.older import with_new_names
from edge.settings.parts import merged, read_parts
from edge.settings.places import Places
from edge.settings.problems import settings_problem
from edge.settings.scope import declarations
from edge.settings.variables import GivenVariables, Variables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def load_settings(flags: list[str], file: Path | None = None) -> Settings:
    """Settings from flags, EDGE_* variables and a TOML file.

    Raises UsageError, one line with place, setting, value and what is allowed, for anything unknown or out of range.
    """
    parts = read_parts(file)
    return settings_of(flags, parts.content, parts.files)


def settings_of(
    flags: list[str], content: dict[str, Any], files: Sequence[Path] = (), table: int | None = None
) -> Settings:
    """Like `load_settings`, from the parsed content of TOML files. files, table: see `Places`."""
    given = flag_values(flags)
    try:
        variables = GivenVariables(Settings)()
        _reject_similar_variables()
        in_file = with_new_names(content, Places(files=files, table=table).place)
        return Settings(**merged(merged(in_file, Variables(Settings)()), given))
    except ValidationError as problem:
        places = Places(given, variables, files, table)
        raise UsageError(settings_problem(problem, places.place, _names(table is not None))) from None


def _names(in_table: bool) -> list[str]:
    """All settings and sections; in_table: as they are written in a `[[lane]]` table."""
    names = [each.name for each in declarations(Settings)] + list(Settings.model_fields)
    return [*names, "name"] if in_table else names


_SIMILAR = 0.8
"""How similar two names are, see difflib, that are taken for the same, misspelt."""


def _reject_similar_variables() -> None:
    """Raise UsageError for a variable that no setting has and whose name is nearly that of one. Others belong to other
    programs: EDGE_ is no rare beginning."""
    known = {each.variable.removeprefix("EDGE_") for each in declarations(Settings)}
    sections = {name.partition("__")[0] for name in known if "__" in name}
    for variable in map(str.upper, os.environ):
        name = variable.removeprefix("EDGE_")
        if name == variable or name in known or name.partition("__")[0] in sections:
            continue
        if similar := get_close_matches(name, known, n=1, cutoff=_SIMILAR):
            hint = words(" (did you mean {name}?)", name=f"EDGE_{similar[0]}")
            raise UsageError(words("{variable}: there is no such setting{hint}", variable=variable, hint=hint))
