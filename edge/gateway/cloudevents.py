"""The CloudEvents HTTP binding: events in the body of a request, in structured, batched and binary mode. Pure."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pydantic_core import from_json

from edge.commands import shown
from edge.gateway.problems import HttpProblem
from edge.gateway.store import PostedEvent
from edge.settings.problems import no_json
from edge.till.envelope import wrap
from edge.till.limits import MESSAGE_BYTES
from edge.till.messages import Ack, Error, Hello, IdChecked
from edge.till.reading import read_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.till.messages import Data

STRUCTURED, BATCHED = "application/cloudevents+json", "application/cloudevents-batch+json"
JSON = "application/json"
MOST_EVENTS = 100
"""In one batch."""
MOST_BODY_BYTES = 4 * MESSAGE_BYTES
"""Of a batch. One event has at most MESSAGE_BYTES."""
_CODES = ("malformed", "too-large", "unknown-type", "unknown-version", "not-for-agent")
_PREFIX = "ce-"


def read_events(headers: Mapping[str, str], body: bytes, till: str, now: datetime) -> list[PostedEvent]:
    """The events of a request. headers: with names in lower case. till: who posts them. now: the time, for events that
    have none. Raises HttpProblem for the first event that cannot be used."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == STRUCTURED:
        return [_read(body, "the event", till, now)]
    if kind == BATCHED:
        return _read_batch(body, till, now)
    if kind == JSON and f"{_PREFIX}id" in headers:
        return [_read(_from_binary(headers, body), "the event", till, now)]
    raise HttpProblem(
        "unsupported-media-type",
        f"content-type = {shown(kind)}: send {STRUCTURED}, {BATCHED}, or {JSON} with ce-id, ce-type, ce-source and "
        "ce-specversion headers",
    )


def _read_batch(body: bytes, till: str, now: datetime) -> list[PostedEvent]:
    values = _json(body, "the batch")
    if not isinstance(values, list):
        raise HttpProblem("malformed", "the batch must be a list of events: send one event as " + STRUCTURED)
    if len(values) > MOST_EVENTS:
        raise HttpProblem("too-large", f"the batch has {len(values)} events: send at most {MOST_EVENTS}")
    return [
        _read(
            json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"),
            f"event {number} of the batch",
            till,
            now,
        )
        for number, value in enumerate(values)
    ]


def _from_binary(headers: Mapping[str, str], body: bytes) -> bytes:
    """A structured event from a request in binary mode."""
    values: dict[str, Any] = {
        name.removeprefix(_PREFIX): unquote(value) for name, value in headers.items() if name.startswith(_PREFIX)
    }
    values["data"] = _json(body, "the event's data")
    return json.dumps(values, ensure_ascii=False).encode(errors="surrogatepass")


def _read(raw: bytes, which: str, till: str, now: datetime) -> PostedEvent:
    """One event, as the agent would read it. which: for errors."""
    if len(raw) > MESSAGE_BYTES:
        raise HttpProblem("too-large", f"{which} has {len(raw) // 1024} KiB: send at most {MESSAGE_BYTES // 1024} KiB")
    received = read_message(raw)
    if isinstance(received, Error):
        code = next((each for each in _CODES if each == received.code), "malformed")
        raise HttpProblem(code, f"{which}: {received.text}")  # type: ignore[arg-type]
    _check(received.content, which, till)
    values = _readable(raw)
    source = values.get("source") if values else None
    event = wrap(
        received.content,
        id=received.id,
        source=source if isinstance(source, str) and source else f"/till/{till}",
        time=received.time or now.astimezone(timezone.utc),
    )
    # What the event says; not how its JSON is written.
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":")).encode() if values else raw
    return PostedEvent(event, hashlib.sha256(canonical).hexdigest(), received.dropped)


def _check(content: Data, which: str, till: str) -> None:
    """A till speaks only for itself."""
    if isinstance(content, Hello):
        if content.till != till:
            raise HttpProblem(
                "another-till", f"{which}: data.till = {shown(content.till)}, and this is the address of till {till}: "
                "use the same name"
            )  # fmt: skip
        if content.role != "till":
            raise HttpProblem(
                "not-allowed",
                f"{which}: data.role = {shown(content.role)}: the gateway serves tills only; others connect to the "
                "agent",
            )
    if isinstance(content, IdChecked) and content.till not in (None, till):
        raise HttpProblem("another-till", f"{which}: data.till = {shown(content.till)} is another till: leave it out")
    if isinstance(content, Ack) and not content.message_id:
        raise HttpProblem("malformed", f"{which}: data.message_id is missing")


def _readable(raw: bytes) -> dict[str, Any] | None:
    """The fields of an event; None for one of which only a part is readable."""
    try:
        values = from_json(raw)
    except ValueError:
        return None
    return values if isinstance(values, dict) else None


def _json(raw: bytes, which: str) -> Any:
    """A value of JSON. Raises HttpProblem."""
    try:
        return from_json(raw)
    except ValueError as problem:
        raise HttpProblem("malformed", f"{which} {no_json(problem)}") from None
