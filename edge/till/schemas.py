"""Publishes the protocol for programs: a JSON Schema of every message, and an AsyncAPI document of all of them.

`python -m edge.till.schemas` writes the files again.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.commands import Parser, run_command
from edge.till.asyncapi import document
from edge.till.message_schemas import schema
from edge.till.messages import MESSAGES

if TYPE_CHECKING:
    from edge.till.messages import Data

SCHEMAS_FOLDER = Path(__file__).with_name("schemas")
"""The folder of the published files: one `<type>.json` per message type, and ASYNCAPI_FILE."""
ASYNCAPI_FILE = "asyncapi.json"


def as_text(data: type[Data]) -> str:
    """The schema of a message as the text of its file."""
    return _json(schema(data))


def asyncapi_text() -> str:
    """The AsyncAPI document as the text of its file."""
    return _json(document())


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _main() -> None:
    Parser(prog="python -m edge.till.schemas", description=__doc__).parse_args()
    SCHEMAS_FOLDER.mkdir(exist_ok=True)
    for old in SCHEMAS_FOLDER.glob("*.json"):
        old.unlink()
    for name, data in MESSAGES.items():
        (SCHEMAS_FOLDER / f"{name}.json").write_text(as_text(data), encoding="utf-8")
    (SCHEMAS_FOLDER / ASYNCAPI_FILE).write_text(asyncapi_text(), encoding="utf-8")
    print(f"{len(MESSAGES)} schemas and {ASYNCAPI_FILE} written to {SCHEMAS_FOLDER}")


if __name__ == "__main__":
    run_command(_main)
