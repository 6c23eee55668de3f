"""New settings for lanes that run: which of them count at once, and which have to wait for a restart. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.settings.config import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANGEABLE = ("mode", "zone", "quality", "tracking", "policy", "model", "offers")
"""What is opened once, a camera, a socket, a folder, stays open until the agent is started again."""


@dataclass(frozen=True, slots=True)
class Change:
    """settings: by lane, what each goes on with. waiting: what differs, and counts after a restart only."""

    settings: dict[str, Settings]
    waiting: tuple[str, ...]


def change(running: Sequence[Settings], wanted: Sequence[Settings]) -> Change:
    """What becomes of the lanes of a box when their settings are read again."""
    by_name = {one.lane: one for one in wanted}
    settings, waiting = {}, []
    for one in running:
        if new := by_name.pop(one.lane, None):
            settings[one.lane] = one.model_copy(update={name: getattr(new, name) for name in CHANGEABLE})
            waiting += [f"{name} of {one.lane}" for name in differences(settings[one.lane], new)]
        else:
            waiting.append(f"{one.lane} is gone")
    waiting += [f"{name} is new" for name in by_name]
    return Change(settings, tuple(waiting))


def differences(one: Settings, other: Settings) -> list[str]:
    """The names of the settings in which two lanes differ, in the order of `Settings`."""
    return [name for name in Settings.model_fields if getattr(one, name) != getattr(other, name)]
