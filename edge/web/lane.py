"""One lane as the setup page requests it: snapshots at a fixed pace, and the till's screen as soon as it changes."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

from edge.language.words import in_all_languages
from edge.web import answers
from edge.web.picture import Painter
from edge.web.view import WATCHED_S, LaneView

if TYPE_CHECKING:
    from edge.lane.loop import LaneLoop
    from edge.settings.config import Settings
    from edge.settings.sections import PictureSettings
    from edge.web.demonstration import Demonstration
    from edge.web.requests import TillAction

_PICTURE_EVERY_S = 0.14
_NO_PICTURE_S = 2.0
"""Without a new frame for this long, the page is told that there is no picture."""
_SCREEN_TIMEOUT_S = 8.0
"""How long a request for the till's next screen waits for a change."""
_POLL_EVERY_S = 0.02


class WatchedLane:
    """All methods except `stop` run in the page's thread."""

    def __init__(self, loop: LaneLoop) -> None:
        """Becomes the lane's observer."""
        self._loop = loop
        self._view = LaneView()
        self._painter = Painter(loop.settings)
        self._snapshot = b""
        self._number, self._painted_s = 0, 0.0
        self._screen: dict[str, Any] = {}
        self._screen_number = 0
        self._stopping = False
        loop.set_observer(self._view)

    @property
    def name(self) -> str:
        return self._loop.settings.lane

    @property
    def settings(self) -> Settings:
        return self._loop.settings

    def stop(self) -> None:
        """End all waiting requests. Safe from any thread."""
        self._stopping = True

    def describe(self) -> dict[str, Any]:
        return answers.lane(self._loop.settings)

    async def snapshot(self, after: int) -> bytes:
        """The JSON of the first snapshot with a number above `after`; without a picture when no frame comes.

        Every browser gets the same snapshots.
        """
        now_s = time.monotonic()
        end_s = now_s + _NO_PICTURE_S
        if now_s - self._painted_s >= WATCHED_S:
            # Nobody has watched: this picture is old.
            self._snapshot = b""
        if after > self._number:
            # The number is of an earlier start of the agent.
            after = 0
        while (now_s := time.monotonic()) < end_s and not self._stopping:
            self._paint(now_s)
            if self._snapshot and self._number > after:
                return self._snapshot
            await asyncio.sleep(_POLL_EVERY_S)
        return self._without_picture(after)

    async def preview(self, after: int, picture: PictureSettings) -> bytes:
        """As `snapshot`, with the picture as other settings would show it, and without faces and decisions: these
        belong to the picture as it is."""
        end_s = time.monotonic() + _NO_PICTURE_S
        while time.monotonic() < end_s and not self._stopping:
            newest = self._view.newest()
            if newest is not None and newest.number > after:
                tried = newest.with_picture(picture)
                return json.dumps(answers.snapshot(tried, self._painter.paint(tried), self._loop.settings)).encode()
            await asyncio.sleep(_PICTURE_EVERY_S if after else _POLL_EVERY_S)
        return self._without_picture(after)

    async def screen(self, after: int) -> dict[str, Any]:
        """The demonstration till's screen, as soon as its number is not `after`."""
        end_s = time.monotonic() + _SCREEN_TIMEOUT_S
        while True:
            with self._view.till() as till:
                screen = self._numbered_screen(till)
            if screen["number"] != after or time.monotonic() >= end_s or self._stopping:
                return screen
            await asyncio.sleep(_POLL_EVERY_S)

    def act(self, action: TillAction) -> dict[str, Any]:
        """Perform a cashier's action at the demonstration till; return its screen. Raises UsageError."""
        with self._view.till() as till:
            action.apply(till, time.monotonic())
            return self._numbered_screen(till)

    def close(self) -> None:
        self._painter.close()

    def _without_picture(self, number: int) -> bytes:
        problem = self._loop.source.problem
        answer = {"number": number, "picture": None, "problem": in_all_languages(problem) if problem else None}
        return json.dumps(answer).encode()

    def _numbered_screen(self, till: Demonstration) -> dict[str, Any]:
        screen = answers.till(till.show(time.monotonic()))
        if screen != self._screen:
            self._screen, self._screen_number = screen, self._screen_number + 1
        return {"number": self._screen_number, **screen}

    def _paint(self, now_s: float) -> None:
        newest = self._view.newest()
        if newest is None or newest.number <= self._number or now_s - self._painted_s < _PICTURE_EVERY_S:
            return
        content = answers.snapshot(newest, self._painter.paint(newest), self._loop.settings)
        self._number, self._painted_s, self._snapshot = newest.number, now_s, json.dumps(content).encode()
