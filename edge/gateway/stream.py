"""Server-Sent Events: the messages for a till, and what its cashier should see."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from edge.gateway.gateway import Cursor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from edge.gateway.gateway import Gateway

EVENT_STREAM = "text/event-stream"
SCREEN_EVENT = "screen"
ALIVE_S = 1.0
"""An event comes at least this often. A till that gets none for 3 s asks everyone for ID."""
_LONGEST_STREAM_S = 3600.0
"""Then the stream ends, and the client continues with another one: one that does not read is not kept for ever."""


async def server_sent_events(gateway: Gateway, till: str, cursor: Cursor) -> AsyncIterator[str]:
    """The text of the stream, from the messages after a cursor on."""
    end_s = time.monotonic() + _LONGEST_STREAM_S
    yield "retry: 500\n\n"
    while time.monotonic() < end_s:
        found = await gateway.news(till, cursor, ALIVE_S)
        for message in found.messages:
            identity = f"id: {gateway.core.store_id}-{message.number}"
            yield f"{identity}\nevent: {message.event.type}\ndata: {message.event.to_json()}\n\n"
        yield f"event: {SCREEN_EVENT}\ndata: {found.status.model_dump_json()}\n\n"
        cursor = found.next
