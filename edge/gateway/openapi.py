"""Writes the OpenAPI document of the HTTP API: `python -m edge.gateway.openapi > docs/gateway-openapi.json`."""

from __future__ import annotations

import json
from typing import Any

from fastapi.openapi.utils import get_openapi

from edge.gateway.application import routes_for_documents
from edge.gateway.cloudevents import BATCHED, JSON, MOST_EVENTS, STRUCTURED
from edge.till.message_schemas import schema
from edge.till.messages import FROM_TILLS

EVENTS_PATH = "/v1/tills/{till}/events"
_SCHEMAS = "#/components/schemas/"
_BINARY_HEADERS = ("ce-id", "ce-type", "ce-source", "ce-specversion", "ce-time")


def document() -> dict[str, Any]:
    """The document, with the schema of every event that a till may send."""
    app = routes_for_documents()
    found: dict[str, Any] = get_openapi(
        title=app.title, version="1", description=app.description, routes=app.routes, openapi_version="3.1.0"
    )
    schemas = found["components"]["schemas"]
    for data in FROM_TILLS:
        schemas[data.type] = _embedded(schema(data), data.type)
    event = {"oneOf": [{"$ref": f"{_SCHEMAS}{data.type}"} for data in FROM_TILLS]}
    batch = {"type": "array", "items": event, "minItems": 0, "maxItems": MOST_EVENTS}
    post = found["paths"][EVENTS_PATH]["post"]
    post["requestBody"] = {
        "required": True,
        "content": {
            STRUCTURED: {"schema": event},
            BATCHED: {"schema": batch},
            JSON: {
                "schema": {"type": "object", "description": "the `data` of the event whose `ce-` headers are there"}
            },
        },
    }
    post["parameters"] += [
        {
            "name": name, "in": "header", "required": False, "schema": {"type": "string"},
            "description": "in binary mode only",
        }
        for name in _BINARY_HEADERS
    ]  # fmt: skip
    for path, operations in found["paths"].items():
        for operation in operations.values():
            operation["responses"].pop("422", None) if path != EVENTS_PATH else None
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                if content.get(JSON, {}).get("schema", {}).get("$ref") == f"{_SCHEMAS}ProblemDetails":
                    answer["content"] = {"application/problem+json": content[JSON]}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return found


def openapi_text() -> str:
    """The document as the text of its file."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _embedded(message: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of a message as a part of the document: its references point into it."""
    text = json.dumps({key: value for key, value in message.items() if key not in ("$schema", "$id")})
    embedded: dict[str, Any] = json.loads(text.replace('"#/$defs/', f'"{_SCHEMAS}{name}/$defs/'))
    return embedded


if __name__ == "__main__":
    print(openapi_text(), end="")
