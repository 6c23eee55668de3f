"""The CloudEvents 1.0 envelope of every message: wrap data for sending, parse what was received."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.commands import shown
from edge.settings.problems import in_one_line
from edge.till.messages import MESSAGES, ContentType, Data, Id
from edge.till.moments import Moment


class Event(BaseModel):
    """The CloudEvents envelope."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: Id
    source: Annotated[str, Field(min_length=1)]
    type: str
    time: Moment
    datacontenttype: ContentType = "application/json"
    dataschema: str | None = None
    data: dict[str, Any]

    def to_json(self) -> str:
        """The message as it is sent: one line, without null fields of the envelope."""
        return self.model_dump_json(exclude_none=True)

    def content(self) -> Data:
        """The data as the model of its type. Raises ValueError, one line, for an unknown type or invalid data."""
        if self.type not in MESSAGES:
            raise ValueError(f"unknown type {shown(self.type)}: known are {', '.join(MESSAGES)}")
        try:
            return MESSAGES[self.type].model_validate(self.data)
        except ValidationError as problem:
            raise ValueError(in_one_line(problem, "message")) from None


def schema_name(data: type[Data]) -> str:
    """The `dataschema` of a type. The version number grows when older readers could misread a message, not when a field
    is added."""
    return f"urn:edge-agent:{data.type}:1"


def wrap(data: Data, *, id: str, source: str, time: datetime) -> Event:
    """Put data into its envelope."""
    return Event(
        id=id,
        source=source,
        type=data.type,
        time=time,
        dataschema=schema_name(type(data)),
        data=data.model_dump(mode="json"),
    )


def parse(raw: bytes) -> Event:
    """Read one message. Raises ValueError, one line, unless it is a CloudEvent in JSON. Does not check its data."""
    try:
        # Programs in C send texts with the NUL that ends them.
        return Event.model_validate_json(raw.rstrip(b"\0"))
    except ValidationError as problem:
        raise ValueError(in_one_line(problem, "message")) from None
