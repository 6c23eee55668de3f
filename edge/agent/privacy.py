"""What keeps faces in the agent's memory and passwords out of its words, and who is told when a setting shows faces."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.settings.config import Settings


@dataclass(frozen=True, slots=True)
class Exposure:
    """A way for people to see faces. mark: what every line of the log begins with. text: for tills and monitoring."""

    mark: str
    text: str


_EXPOSURES = {
    "web_unblurred": Exposure("FACES SHOWN", "the setup page shows faces unblurred"),
    "debug_pictures": Exposure("PICTURES KEPT", "the picture behind every answer is kept on the disk"),
}
"""By the setting that has to be given for it."""


def exposures(settings: Settings) -> list[Exposure]:
    """What lets people see faces; nothing, unless a setting says so."""
    return [exposure for setting, exposure in _EXPOSURES.items() if getattr(settings, setting)]


def forbid_core_dumps() -> None:
    """This process and those that it starts leave no core dump, in which there would be a customer's picture.

    Where dumps are piped to a program the kernel does not ask for the limit. That program gets a dump without memory,
    see core(5).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Path("/proc/self/coredump_filter").write_text("0", encoding="ascii")
