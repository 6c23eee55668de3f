"""Privacy guards: no core dumps, and loud warnings while a setting lets people see faces."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.settings.config import Settings


@dataclass(frozen=True, slots=True)
class Exposure:
    """A way for people to see faces. mark: prefix of every log line. text: for tills and monitoring."""

    mark: str
    text: str


_EXPOSURES = {
    "web_unblurred": Exposure("FACES SHOWN", "the setup page shows faces unblurred"),
    "debug_pictures": Exposure("PICTURES KEPT", "the picture behind every answer is kept on the disk"),
}
"""By the setting that turns it on."""


def exposures(settings: Settings) -> list[Exposure]:
    """The ways in which these settings let people see faces. Empty by default."""
    return [exposure for setting, exposure in _EXPOSURES.items() if getattr(settings, setting)]


def forbid_core_dumps() -> None:
    """Disable core dumps of this process and its children: a dump could contain a customer's picture.

    The kernel ignores the size limit if it pipes dumps to a program; `coredump_filter` then leaves the memory out of
    the dump, see core(5).
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    Path("/proc/self/coredump_filter").write_text("0", encoding="ascii")
