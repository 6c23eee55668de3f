"""The values of the EDGE_* variables. A list is written as by a flag; a whole section, as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic_settings import EnvSettingsSource

from edge.commands import shown
from edge.errors import UsageError
from edge.language.words import words
from edge.settings.lists import is_list, list_example, list_of
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
                as_json[each.variable.lower()] = _list_as_json(each, text)
            elif section and (text := self.env_vars.get(section.lower())) is not None:
                _check_section(section, each, text)
        self.env_vars = {**self.env_vars, **as_json}


class Variables(GivenVariables):
    """The variables under the settings' names of today. Raises UsageError, also as `with_new_names` does."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        return with_new_names(values, Places(variables=values).place)


def _list_as_json(each: Declaration, text: str) -> str:
    try:
        return json.dumps(list_of(each, text))
    except RecursionError:
        raise UsageError(words("{flag} has JSON that is nested too deeply: correct it", flag=each.variable)) from None
    except ValueError:
        raise UsageError(
            words(
                "{variable} = {value}: write {example}, or JSON",
                variable=each.variable,
                value=shown(text),
                example=list_example(each),
            )
        ) from None


def _check_section(variable: str, first: Declaration, text: str) -> None:
    """Raises UsageError unless the text is JSON. first: a setting of the section."""
    try:
        json.loads(text)
    except RecursionError:
        raise UsageError(words("{flag} has JSON that is nested too deeply: correct it", flag=variable)) from None
    except ValueError:
        raise UsageError(
            words(
                "{variable} = {value}: set each setting of the section by itself, such as {example}, or write JSON",
                variable=variable,
                value=shown(text),
                example=first.variable,
            )
        ) from None
