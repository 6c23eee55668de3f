"""What the HTTP handlers use: calls to the thread of the core, and waiting for something new."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edge.gateway.core import Core

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from edge.gateway.core import TillCounts
    from edge.gateway.screen import Status
    from edge.gateway.settings import GatewaySettings
    from edge.gateway.store import EventState, PostedEvent, StoredMessage

Result = TypeVar("Result")

MOST_IN_AN_ANSWER = 50
"""Messages. The others come in the next answer."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a till has got. number: of the last message. mark: of the last status; empty to get it at once."""

    number: int = 0
    mark: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What there is for a till: the messages after its cursor, and the status now."""

    messages: Sequence[StoredMessage]
    status: Status
    next: Cursor


class Gateway:
    """Lives in the event loop. The core runs in a thread of its own."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Opens the database and the connections. Raises UsageError and StoreError."""
        self.settings = settings
        self.core = Core(settings, self._changed)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, set[asyncio.Future[None]]] = {each.name: set() for each in settings.till}

    def enter(self, loop: asyncio.AbstractEventLoop) -> None:
        """The event loop runs."""
        self._loop = loop

    async def post(self, till: str, events: Sequence[PostedEvent]) -> None:
        """Store events, and send them. Raises ConflictError, BacklogError and StoreError."""
        await self._call(
            lambda: self.core.perform(till, self.core.relay(till).post(events, time.monotonic())),
        )

    async def state_of(self, till: str, event_id: str) -> EventState | None:
        return await self._call(lambda: self.core.relay(till).state_of(event_id))

    async def confirm(self, till: str, numbers: Collection[int]) -> None:
        """The till has received these messages. Raises StoreError."""
        await self._call(
            lambda: self.core.perform(till, self.core.relay(till).confirm(numbers, time.monotonic())),
        )

    async def counts(self) -> dict[str, TillCounts]:
        return await self._call(self.core.counts)

    async def news(self, till: str, cursor: Cursor, wait_s: float = 0.0) -> News:
        """What is new after a cursor. Waits for it, and returns what there is after `wait_s`."""
        end_s = time.monotonic() + wait_s
        while True:
            changed = self._next_change(till)
            try:
                found = await self._call(lambda: self._look(till, cursor))
                left_s = end_s - time.monotonic()
                if found.messages or found.next.mark != cursor.mark or left_s <= 0:
                    return found
                await asyncio.wait([changed], timeout=left_s)
            finally:
                self._waiting[till].discard(changed)

    def _look(self, till: str, cursor: Cursor) -> News:
        relay, now_s = self.core.relay(till), time.monotonic()
        messages, status = relay.unconfirmed(cursor.number, now_s)[:MOST_IN_AN_ANSWER], relay.status(now_s)
        last = messages[-1].number if messages else cursor.number
        return News(messages, status, Cursor(last, status.mark))

    def _next_change(self, till: str) -> asyncio.Future[None]:
        """Done when there is something new for a till."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[till].add(future)
        return future

    def _changed(self, till: str) -> None:
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._notify, till)

    def _notify(self, till: str) -> None:
        for future in self._waiting[till]:
            if not future.done():
                future.set_result(None)

    async def _call(self, function: Callable[[], Result]) -> Result:
        return await asyncio.wrap_future(self.core.call(function))
