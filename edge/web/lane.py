"""One lane as the setup page asks for it: pictures at their pace, and the till's screen as soon as it changes."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from edge.web import answers
from edge.web.picture import Painter
from edge.web.view import LaneView

if TYPE_CHECKING:
    from edge.lane.loop import LaneLoop
    from edge.web.demonstration import Demonstration
    from edge.web.requests import TillAction

_PICTURE_EVERY_S = 0.14
_NO_PICTURE_S = 2.0
"""Without a new frame for so long the page is told that there is none."""
_QUIET_S = 8.0
"""So long a question for the till's next screen stays open."""
_LOOK_EVERY_S = 0.02


class WatchedLane:
    """Everything here runs in the page's thread."""

    def __init__(self, loop: LaneLoop) -> None:
        """Looks over the lane's shoulder from now on."""
        self._loop = loop
        self._view = LaneView()
        self._painter = Painter(loop.settings)
        self._picture = b""
        self._number, self._painted_s = 0, 0.0
        self._screen: dict[str, Any] = {}
        self._screens = 0
        self._stopping = False
        loop.observer = self._view

    @property
    def name(self) -> str:
        return self._loop.settings.lane

    def stop(self) -> None:
        """Keep nobody waiting any more; safe from any thread."""
        self._stopping = True

    def describe(self) -> dict[str, Any]:
        return answers.lane(self._loop.settings)

    async def sight(self, after: int) -> bytes:
        """The JSON of the next picture after that of a number; one without a picture when none comes. All who watch get
        the same ones."""
        end_s = time.monotonic() + _NO_PICTURE_S
        while (now_s := time.monotonic()) < end_s and not self._stopping:
            self._paint(now_s)
            if self._number > after:
                return self._picture
            await asyncio.sleep(_LOOK_EVERY_S)
        return json.dumps({"number": after, "picture": None, "problem": self._loop.source.problem}).encode()

    async def screen(self, after: int) -> dict[str, Any]:
        """What the demonstration till shows, as soon as it is not what it showed at that number."""
        end_s = time.monotonic() + _QUIET_S
        while True:
            with self._view.till() as till:
                shown = self._show(till)
            if shown["number"] != after or time.monotonic() >= end_s or self._stopping:
                return shown
            await asyncio.sleep(_LOOK_EVERY_S)

    def sell(self, deed: TillAction) -> dict[str, Any]:
        """Let the cashier do something at the demonstration till, and show its screen. Raises UsageError."""
        with self._view.till() as till:
            deed.at(till, time.monotonic())
            return self._show(till)

    def close(self) -> None:
        self._painter.close()

    def _show(self, till: Demonstration) -> dict[str, Any]:
        screen = answers.till(till.show(time.monotonic()))
        if screen != self._screen:
            self._screen, self._screens = screen, self._screens + 1
        return {"number": self._screens, **screen}

    def _paint(self, now_s: float) -> None:
        seen = self._view.look()
        if seen is None or seen.number <= self._number or now_s - self._painted_s < _PICTURE_EVERY_S:
            return
        told = answers.sight(seen, self._painter.paint(seen), self._loop.settings)
        self._number, self._painted_s, self._picture = seen.number, now_s, json.dumps(told).encode()
