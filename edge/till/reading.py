"""Reads what a till has sent. Only `id`, `type` and the message's own required values must be right; odd parts are
dropped. Pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from edge.settings.problems import no_json
from edge.till.limits import MESSAGE_BYTES
from edge.till.messages import FROM_TILLS, MESSAGES, ContentType, Data, Error, Id
from edge.till.moments import Moment
from edge.till.tolerance import SafeValue, take_usable

_SCHEMA_NAME = re.compile(r"urn:edge-agent:(.+):(.*)")
_ID = re.compile(rb'(?<!\\)"id"\s*:\s*("(?:[^"\\\x00-\x1f]|\\.){1,128}")')
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"?|[{}\[\]]')
_SEARCHED_BYTES = 4096
"""In a message that is no JSON or too long, the id is searched in this many bytes at each end."""
_MOST_IDS = 8
_SHOWN = 80
"""At most this many characters of what a till has sent are shown to people."""
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message that was understood. dropped: names of the parts that were not used, such as `time` and
    `basket[3].sku`. time: when it was written, by the till's clock, which may be wrong; None if it does not say."""

    id: str
    content: Data
    dropped: tuple[str, ...] = ()
    time: datetime | None = field(default=None, compare=False)


class _Envelope(BaseModel):
    """A CloudEvent of which only id, type and data are needed. The published schema requires more, see `Event`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Id
    type: str
    data: dict[str, Any]
    specversion: Annotated[Literal["1.0"] | None, SafeValue(None)]
    source: Annotated[str | None, Field(min_length=1), SafeValue(None)]
    time: Annotated[Moment | None, SafeValue(None)]
    datacontenttype: ContentType | None = None
    dataschema: str | None = None


def read_message(raw: bytes) -> ReceivedMessage | Error:
    """One message, or the error that answers it, with the `message_id` whenever that can be read. Raises nothing."""
    if len(raw) > MESSAGE_BYTES:
        text = f"the message has {len(raw) // 1024} KiB: send at most {MESSAGE_BYTES // 1024} KiB"
        return Error(code="too-large", text=text, message_id=_find_id(raw))
    try:
        values = _parse(raw)
    except ValueError as problem:
        return Error(code="malformed", text=f"message {no_json(problem)}", message_id=_find_id(raw))
    if not isinstance(values, dict):
        return Error(code="malformed", text="message must be an object")
    try:
        envelope, odd = take_usable(_Envelope, values)
    except ValueError as problem:
        return Error(code="malformed", text=str(problem), message_id=_readable_id(values))
    return _read_data(envelope, odd)


def _read_data(envelope: _Envelope, odd: tuple[str, ...]) -> ReceivedMessage | Error:
    code: Literal["malformed", "unknown-type", "unknown-version", "not-for-agent"] = "malformed"
    known = ", ".join(data.type for data in FROM_TILLS)
    try:
        if (model := MESSAGES.get(envelope.type)) is None:
            code = "unknown-type"
            raise ValueError(f"unknown type {envelope.type[:_SHOWN]!r}: known are {known}")
        if model not in FROM_TILLS:
            code = "not-for-agent"
            raise ValueError(f"{envelope.type} is not a message for the agent: it reads {known}")
        if name := _SCHEMA_NAME.fullmatch(envelope.dataschema or ""):
            if name[1] != envelope.type:
                odd = (*odd, "dataschema")
            elif name[2] != "1":
                code = "unknown-version"
                raise ValueError(f"dataschema {envelope.dataschema!r:.{_SHOWN}} is not known: send version 1")
        content, dropped = take_usable(model, envelope.data)
    except ValueError as problem:
        return Error(code=code, text=str(problem), message_id=envelope.id)
    return ReceivedMessage(envelope.id, content, (*odd, *dropped), envelope.time)


def _parse(raw: bytes) -> Any:
    """JSON; of two fields with one name, the last one counts. Raises ValueError."""
    try:
        return from_json(raw)
    except ValueError as problem:
        # A byte order mark, a NUL at the end, and text that is not UTF-8 leave the rest readable.
        text = raw.decode("utf-8-sig", "replace").strip("\0\r\n\t ")
        try:
            return _without_damage(from_json(_SURROGATE.sub(r"\\ufffd", text)))
        except ValueError:
            raise problem from None


def _without_damage(value: Any) -> Any:
    """Replaces texts that were not UTF-8 by something that no model accepts."""
    if isinstance(value, str):
        return Ellipsis if _REPLACEMENT in value else value
    if isinstance(value, list):
        return [_without_damage(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_damage(item) for name, item in value.items()}
    return value


def _readable_id(values: dict[str, Any]) -> str | None:
    """The id of a message whose envelope cannot be used."""
    try:
        return take_usable(_OnlyId, values)[0].id
    except ValueError:
        return None


class _OnlyId(BaseModel):
    id: Id


def _find_id(raw: bytes) -> str | None:
    """The id of a message that is not JSON or too long, if it stands near one of its ends."""
    head, tail = raw[:_SEARCHED_BYTES], raw[-_SEARCHED_BYTES:]
    for match in [*_ID.finditer(head)][:_MOST_IDS]:
        if _depth(head[: match.start()]) == 1:
            return _text(match[1])
    for match in [*_ID.finditer(tail)][-_MOST_IDS:]:
        if _depth(tail[match.end() :]) == -1:
            return _text(match[1])
    return None


def _depth(part: bytes) -> int:
    """How many more objects and lists are opened than closed in a part of a message."""
    tokens = _TOKEN.findall(part)
    return sum((token in b"{[") - (token in b"}]") for token in tokens)


def _text(quoted: bytes) -> str | None:
    try:
        return str(json.loads(quoted)).encode().decode()
    except ValueError:
        return None
