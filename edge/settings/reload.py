"""New settings for running lanes: which changes apply at once, and which need a restart. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.settings.config import Settings
from edge.settings.scope import top_level

if TYPE_CHECKING:
    from collections.abc import Sequence

AT_ONCE = top_level(Settings, lambda scope: scope.applies == "at once")
"""Settings and sections that a running lane takes over. A camera, a socket or a folder is opened once, at the start."""


@dataclass(frozen=True, slots=True)
class Change:
    """settings: by lane name, the settings to continue with. waiting: the differences that need a restart, in words."""

    settings: dict[str, Settings]
    waiting: tuple[str, ...]


def change(running: Sequence[Settings], wanted: Sequence[Settings]) -> Change:
    """What changes when the lanes of a box, running with their settings, get the wanted ones."""
    by_name = {lane.lane: lane for lane in wanted}
    settings, waiting = {}, []
    for lane in running:
        if new := by_name.pop(lane.lane, None):
            settings[lane.lane] = lane.model_copy(update={name: getattr(new, name) for name in AT_ONCE})
            waiting += [f"{name} of {lane.lane}" for name in differences(settings[lane.lane], new)]
        else:
            waiting.append(f"{lane.lane} is gone")
    waiting += [f"{name} is new" for name in by_name]
    return Change(settings, tuple(waiting))


def differences(before: Settings, after: Settings) -> list[str]:
    """The names of the settings and sections that differ, in the order of declaration."""
    return [name for name in Settings.model_fields if getattr(before, name) != getattr(after, name)]
