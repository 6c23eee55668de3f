"""What an agent says about itself on /healthz, for `edge-agent apply`: its process, its settings file, its reloads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge.lane.loop import LaneLoop


class Reloads:
    """The reloads since the start. One thread changes it; any may read it."""

    def __init__(self) -> None:
        self._finished, self._rejected = 0, ""
        self._waiting: tuple[str, ...] = ()

    def applied(self, waiting: Sequence[str]) -> None:
        """A reload has ended. waiting: its changes that need a restart."""
        self._finished, self._rejected, self._waiting = self._finished + 1, "", tuple(waiting)

    def reject(self, why: str) -> None:
        """A reload has ended and changed nothing."""
        self._finished, self._rejected, self._waiting = self._finished + 1, why, ()

    def report(self, config: Path | None, lanes: Sequence[LaneLoop]) -> dict[str, Any]:
        """For JSON. config: the file with the settings, None if flags alone gave them."""
        return {
            "pid": os.getpid(),
            "config": None if config is None else str(config.resolve()),
            "reloads": self._finished,
            "rejected": self._rejected,
            "waiting": list(self._waiting),
            "changing": [lane.settings.lane for lane in lanes if lane.changing],
            "selling": [lane.settings.lane for lane in lanes if lane.selling],
        }
