"""The values of the EDGE_* variables. A list is written as by a flag; a whole section, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic_settings import EnvSettingsSource

from edge.commands import shown
from edge.errors import UsageError
from edge.language.words import words
from edge.settings.lists import is_list, list_example, list_of, nested_too_deeply
from edge.settings.older import with_new_names
from edge.settings.places import Places
from edge.settings.scope import declarations

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

    from edge.settings.scope import Declaration


class GivenVariables(EnvSettingsSource):
    """The variables under the names that they have. Raises UsageError for a list or a section in no known form."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        as_json = {}
        for each in declarations(settings_cls):
            section, _, _ = each.variable.rpartition("__")
            if is_list(each) and (text := self.env_vars.get(each.variable.lower())) is not None:
                items = list_of(each, text, each.variable, list_example(each))
                as_json[each.variable.lower()] = json.dumps(items)
            elif section and (text := self.env_vars.get(section.lower())) is not None:
                _check_section(section, each, text)
        self.env_vars = {**self.env_vars, **as_json}


class Variables(GivenVariables):
    """The variables under the settings' names of today. Raises UsageError, also as `with_new_names` does."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        return with_new_names(values, Places(variables=values).place)


def _check_section(variable: str, first: Declaration, text: str) -> None:
    """Raises UsageError unless the text is JSON. first: a setting of the section."""
    try:
        json.loads(text)
    except RecursionError:
        raise nested_too_deeply(variable) from None
    except ValueError:
        raise UsageError(
            words(
                "{variable} = {value}: set each setting of the section by itself, such as {example}, or write JSON",
                variable=variable,
                value=shown(text),
                example=first.variable,
            )
        ) from None
