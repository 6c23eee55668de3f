"""Times as messages and records have them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, PlainSerializer


def rfc3339(moment: datetime) -> str:
    """A time as messages and records write it: in UTC, with milliseconds."""
    moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return moment.isoformat(timespec="milliseconds") + "Z"


_EARLIEST = datetime(1, 1, 2, tzinfo=timezone.utc)
_LATEST = datetime(9999, 12, 30, tzinfo=timezone.utc)


def _in_every_zone(moment: datetime) -> datetime:
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError("is not a time in every time zone: set the clock")
    return moment


def _with_whole_year(value: object) -> object:
    """Earlier versions wrote the year 323 of a till's clock without the zero before it."""
    year, dash, rest = value.partition("-") if isinstance(value, str) else ("", "", "")
    return f"{year:0>4}-{rest}" if dash and year.isdecimal() else value


Moment = Annotated[
    AwareDatetime,
    AfterValidator(_in_every_zone),
    BeforeValidator(_with_whole_year),
    PlainSerializer(rfc3339, when_used="json"),
]
"""A time with a zone; in JSON it is RFC 3339 in UTC, with milliseconds."""
