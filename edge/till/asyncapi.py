"""The protocol as an AsyncAPI 3.0 document, for tools: channels, operations and messages, generated from the models.

It describes the agent: it receives what tills send. `python -m edge.till.schemas` writes it beside the schemas. What
AsyncAPI has no words for stands in fields that begin with `x-`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.settings.sections import TillSettings
from edge.till.limits import (
    BURST,
    BYTES_A_MESSAGE,
    HEARTBEAT_MS,
    MESSAGE_BYTES,
    MESSAGES_A_SECOND,
    PENALTY_S,
    RECEIVED_BYTES,
    TILLS,
)
from edge.till.meanings import ERROR_MEANINGS, REASON_MEANINGS
from edge.till.message_schemas import schema
from edge.till.messages import FROM_TILLS, MESSAGES, Ack, Alert, AlertWithdrawn, Data, Error, Health, Offer, State

if TYPE_CHECKING:
    from collections.abc import Iterable

PROTOCOL_VERSION = "1.0.0"
"""The first number is that of the messages' schemas."""

_CONTENT_TYPE = "application/cloudevents+json"
_RESENT = "Resent with the same `id` until it is answered: after 1, 2 and 4 s, then every 5 s."
_REPLIES: dict[type[Data], tuple[type[Data], ...]] = {
    Alert: (Ack,),
    Health: (Ack,),
    Error: (Ack,),
    **dict.fromkeys(FROM_TILLS, (Ack, Error)),
    Ack: (),
}
"""What the receiver of a message answers."""
_LIVE: dict[str, tuple[type[Data], ...]] = {"state": (State,), "alert": (Alert, AlertWithdrawn)}
"""The messages of each topic of the live channel."""
_TO_TILLS: tuple[type[Data], ...] = (Ack, Error, Alert, AlertWithdrawn, Offer, Health)


def document() -> dict[str, Any]:
    """The document."""
    reliable = {data.type: _to("components", "messages", data.type) for data in (*FROM_TILLS, *_TO_TILLS)}
    channels: dict[str, Any] = {
        "reliable": {
            "address": None,
            "title": "Reliable channel",
            "description": "Resent until acknowledged. A message is one frame; the identity is the till's name.",
            "servers": [_to("servers", "reliable-local"), _to("servers", "reliable-network")],
            "messages": reliable,
            "x-zeromq": _sockets(
                "ROUTER", "DEALER", {"ZMQ_IMMEDIATE": 1, "ZMQ_ROUTING_ID": "the till's name, [A-Za-z0-9_-]{1,40}"}
            ),
            "x-limits": {
                "connections": TILLS,
                "message-bytes": MESSAGE_BYTES,
                "received-bytes": RECEIVED_BYTES,
                "messages-a-second": MESSAGES_A_SECOND,
                "burst": BURST,
                "counts-once-more-for-each-bytes": BYTES_A_MESSAGE,
                "ignored-when-too-fast-s": PENALTY_S,
            },
        }
    }
    for topic, messages in _LIVE.items():
        channels[f"live-{topic}"] = {
            "address": f"lane.{topic}.{{lane}}",
            "title": f"Live channel: {topic}",
            "description": "For screens; messages may be lost. A message has two frames: the address, and the JSON.",
            "servers": [_to("servers", "live-local"), _to("servers", "live-network")],
            "parameters": {"lane": {"description": "The lane's name."}},
            "messages": {data.type: _to("components", "messages", data.type) for data in messages},
            "x-zeromq": _sockets("PUB", "SUB", {"ZMQ_SUBSCRIBE": f"lane.{topic}.{{lane}}"}),
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "edge-agent: the till protocol",
            "version": PROTOCOL_VERSION,
            "description": "An agent that advises a till whether the cashier should ask for ID. A till that has no "
            "decision, or cannot trust it, asks for ID. docs/till-protocol.md of edge-agent has all rules.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": _CONTENT_TYPE,
        "servers": _servers(TillSettings()),
        "channels": channels,
        "operations": dict(_operations()),
        "components": {
            "messages": {name: _message(data) for name, data in MESSAGES.items()},
            "schemas": _schemas(),
            "securitySchemes": {
                "curve": {
                    "type": "asymmetricEncryption",
                    "description": "CURVE, https://rfc.zeromq.org/spec/26/: `edge-agent keys new TILL` makes the keys.",
                }
            },
        },
    }


def _servers(settings: TillSettings) -> dict[str, Any]:
    servers: dict[str, Any] = {}
    for name, address in {"reliable": settings.reliable, "live": settings.live}.items():
        host = address.removeprefix("tcp://")
        zmtp = {"protocol": "zmtp", "protocolVersion": "3.1"}
        servers[f"{name}-local"] = {"host": host, **zmtp, "description": "For programs on the box; without keys."}
        servers[f"{name}-network"] = {
            "host": f"{{box}}:{host.rpartition(':')[2]}",
            **zmtp,
            "description": "For other machines; only with keys.",
            "variables": {"box": {"description": "The box's address in the shop's network."}},
            "security": [_to("components", "securitySchemes", "curve")],
        }
    return servers


def _sockets(agent: str, client: str, options: dict[str, str | int]) -> dict[str, Any]:
    return {
        "agent": {"socket": agent, "binds": True},
        "client": {"socket": client, "options": {"ZMQ_HEARTBEAT_IVL": HEARTBEAT_MS, **options}},
    }


def _operations() -> Iterable[tuple[str, dict[str, Any]]]:
    for data in FROM_TILLS:
        yield f"receive{data.__name__}", _operation("receive", "reliable", (data,), _REPLIES[data])
    for data in _TO_TILLS:
        yield f"send{data.__name__}", _operation("send", "reliable", (data,), _REPLIES.get(data, ()))
    for topic, messages in _LIVE.items():
        yield f"publish{topic.capitalize()}", _operation("send", f"live-{topic}", messages, ())


def _operation(
    action: str, channel: str, messages: tuple[type[Data], ...], replies: tuple[type[Data], ...]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": action,
        "channel": _to("channels", channel),
        "messages": [_to("channels", channel, "messages", data.type) for data in messages],
    }
    if replies:
        answers = [_to("channels", channel, "messages", data.type) for data in replies]
        operation["reply"] = {"channel": _to("channels", channel), "messages": answers}
    return operation


def _message(data: type[Data]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": data.type,
        "title": data.type,
        "description": " ".join((data.__doc__ or "").split()),
        "contentType": _CONTENT_TYPE,
        "payload": _to("components", "schemas", data.type),
        "correlationId": {"location": f"$message.payload#/{'data/message_id' if data in (Ack, Error) else 'id'}"},
    }
    if data is Error:
        message["x-error-codes"] = [
            {"code": code, "meaning": words.meaning, "to-do": words.to_do} for code, words in ERROR_MEANINGS.items()
        ]
    if data in (Alert, State):
        message["x-reasons"] = [{"reason": reason.value, "meaning": words} for reason, words in REASON_MEANINGS.items()]
    if data is Alert or (data in FROM_TILLS and data is not Ack and data.type != "lane.sale.basket"):
        message["x-resent"] = _RESENT
    return message


def _schemas() -> dict[str, Any]:
    """The payload of every message, and the parts that they share."""
    schemas: dict[str, Any] = {}
    for data in MESSAGES.values():
        whole = schema(data)
        schemas |= whole.pop("$defs", {})
        del whole["$schema"], whole["$id"]
        schemas[data.type] = whole
    return {name: _with_references_here(part) for name, part in schemas.items()}


def _with_references_here(part: Any) -> Any:
    """References to the `$defs` of a message's schema become references to this document's components."""
    if isinstance(part, list):
        return [_with_references_here(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        key: value.replace("#/$defs/", "#/components/schemas/") if key == "$ref" else _with_references_here(value)
        for key, value in part.items()
    }


def _to(*steps: str) -> dict[str, str]:
    """A reference to a part of this document."""
    return {"$ref": "#/" + "/".join(steps)}
