"""The JSON Schema of a message, generated from its model. `python -m edge.till.schemas` publishes it.

A schema describes the complete CloudEvent with its data. Fields that it does not name are allowed and ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.till.envelope import Event, schema_name

if TYPE_CHECKING:
    from edge.till.messages import Data

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(data: type[Data]) -> dict[str, Any]:
    """The schema of one message type: a CloudEvent with this data."""
    envelope, content = Event.model_json_schema(), data.model_json_schema()
    parts = content.pop("$defs", {})
    properties = {**envelope["properties"], "type": {"const": data.type}, "data": content}
    properties["dataschema"] = {"const": schema_name(data)}
    whole = {
        "$schema": _DIALECT,
        "$id": schema_name(data),
        "title": data.type,
        "description": " ".join(content.pop("description").split()),
        "type": "object",
        # CloudEvents requires `specversion`. The agent accepts much that the schema does not, see `edge.till.reading`.
        "required": ["specversion", *envelope["required"]],
        "properties": properties,
        "$defs": parts,
    }
    return {key: _tidy(value) for key, value in whole.items() if value}


def _tidy(part: Any) -> Any:
    """Remove titles, which only repeat field names, and put every description on one line."""
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    tidy = {key: _tidy(value) for key, value in part.items() if key != "title" or not isinstance(value, str)}
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(tidy["description"].split())
    return tidy
