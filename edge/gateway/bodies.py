"""Answers of the HTTP API, as they are described in its OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.gateway.screen import Status


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class AcceptedEvent(_Body):
    """An event that is on the gateway's disk."""

    id: str
    dropped: tuple[str, ...] = Field(
        (), description="the parts that cannot be used and were dropped, such as `basket[3].sku`"
    )


class Accepted(_Body):
    """The events of the request. They are on the gateway's disk, and will reach the agent."""

    accepted: tuple[AcceptedEvent, ...]


class EventProgress(_Body):
    """What became of an event. `answer` is the agent's `lane.ack` or `lane.error`; null for events that need none."""

    id: str
    state: Literal["waiting", "answered"]
    answer: dict[str, Any] | None = None


class Messages(Status):
    """Messages of the agent that the till has not confirmed, as CloudEvents, oldest first, and what to show now."""

    messages: tuple[dict[str, Any], ...]
    next: str = Field(description="the `after` of the next request, which confirms these messages")


class TillHealth(_Body):
    """agent: as in `AgentState`. waiting: events that the agent has not answered. unconfirmed: messages that the till
    has not confirmed. problem: why the disk cannot be written."""

    agent: str
    waiting: int
    unconfirmed: int
    problem: str


class GatewayHealth(_Body):
    """`degraded` when an agent is silent or degraded, or the disk cannot be written."""

    status: Literal["ok", "degraded"]
    tills: dict[str, TillHealth]
