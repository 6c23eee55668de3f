"""A till's relay in the gateway, with a simulated agent and clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from edge.gateway.relay import TillRelay
from edge.gateway.store import GatewayStore, PostedEvent
from edge.till.envelope import Event, wrap
from edge.till.identity import ReplayIdentity
from edge.till.messages import Ack, Data, Health, RestrictedItem, SaleOpened
from edge.till.reference.steps import Send, Step


class Line:
    """A relay, and an agent that acknowledges everything."""

    def __init__(self, store: GatewayStore, identity: ReplayIdentity) -> None:
        self._identity = identity
        self._relay = TillRelay("till-1", store, identity, 0.0)
        self.received: list[Event] = []
        self._handle(self._relay.tick(0.0))

    def post(self, data: Data, event_id: str, at: datetime | None = None) -> None:
        """at: the time of the event by the till's clock; None if that is right."""
        event = self._event(data, event_id)
        event = event.model_copy(update={"time": at or event.time})
        self._handle(self._relay.post([PostedEvent(event, event_id)], 0.0))

    def heartbeat(self, agent: str) -> None:
        health = Health(lane="lane-1", agent=agent, status="ok", problems=())
        self._handle(self._relay.receive(self._event(health, self._identity.new_id()), 0.0))

    @property
    def scans(self) -> list[Event]:
        """The scans that the agent has received."""
        return [event for event in self.received if event.type == RestrictedItem.type]

    def _event(self, data: Data, event_id: str) -> Event:
        return wrap(data, id=event_id, source="/x", time=self._identity.wall_time(0.0))

    def _handle(self, steps: list[Step]) -> None:
        for event in [step.event for step in steps if isinstance(step, Send) and step.event.type != Ack.type]:
            self.received.append(event)
            answer = self._event(Ack(message_id=event.id), self._identity.new_id())
            self._handle(self._relay.receive(answer, 0.0))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GatewayStore]:
    store = GatewayStore(tmp_path)
    yield store
    store.close()


@pytest.mark.parametrize("sku", ["beer", None])
def test_a_scan_is_sent_again_as_it_was_to_an_agent_that_was_restarted(sku: str | None, store: GatewayStore) -> None:
    line = Line(store, ReplayIdentity())
    line.post(SaleOpened(sale_id="s-1"), "opening")
    line.post(RestrictedItem(sale_id="s-1", sku=sku), "scan")
    line.heartbeat("agent-1")
    assert len(line.scans) == 1, "the first heartbeat is of the agent that has received it"
    line.heartbeat("agent-2")
    first, again = line.scans
    assert first == again


def test_a_scan_is_sent_again_as_it_was_by_a_gateway_that_was_restarted(store: GatewayStore) -> None:
    identity = ReplayIdentity()
    before = Line(store, identity)
    before.post(SaleOpened(sale_id="s-1"), "opening")
    before.post(RestrictedItem(sale_id="s-1", sku="beer"), "scan")
    assert Line(store, identity).scans == before.scans


def test_an_event_of_a_till_whose_clock_is_centuries_slow_reaches_the_agent(store: GatewayStore) -> None:
    line = Line(store, ReplayIdentity())
    line.post(SaleOpened(sale_id="s-1"), "opening", datetime(323, 10, 29, tzinfo=timezone.utc))
    line.post(RestrictedItem(sale_id="s-1"), "scan")
    assert [event.id for event in line.received[1:]] == ["opening", "scan"]
