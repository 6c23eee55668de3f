"""The values of the EDGE_* variables."""

from __future__ import annotations

from typing import Any

from pydantic_settings import EnvSettingsSource

from edge.settings.older import with_new_names
from edge.settings.places import Places


class Variables(EnvSettingsSource):
    """The variables under the settings' names of today. Raises UsageError, see `with_new_names`."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        return with_new_names(values, Places(variables=values).place)
