"""The JSON Schema of every message, generated from the models. `python -m edge.till.schemas` writes the files again.

A schema describes the complete CloudEvent with its data. Fields that it does not name are allowed and ignored.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from edge.commands import Parser, run_command
from edge.till.envelope import Event, schema_name
from edge.till.messages import MESSAGES, Data

SCHEMAS_FOLDER = Path(__file__).with_name("schemas")
"""The folder of the published schemas, one `<type>.json` per message type."""

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
        # CloudEvents requires `specversion`; our own parser also accepts a message without it.
        "required": ["specversion", *envelope["required"]],
        "properties": properties,
        "$defs": parts,
    }
    return {key: _tidy(value) for key, value in whole.items() if value}


def as_text(data: type[Data]) -> str:
    """The schema as the text of its file."""
    return json.dumps(schema(data), indent=2, ensure_ascii=False) + "\n"


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


def _main() -> None:
    Parser(prog="python -m edge.till.schemas", description=__doc__).parse_args()
    SCHEMAS_FOLDER.mkdir(exist_ok=True)
    for old in SCHEMAS_FOLDER.glob("*.json"):
        old.unlink()
    for name, data in MESSAGES.items():
        (SCHEMAS_FOLDER / f"{name}.json").write_text(as_text(data), encoding="utf-8")
    print(f"{len(MESSAGES)} schemas written to {SCHEMAS_FOLDER}")


if __name__ == "__main__":
    run_command(_main)
