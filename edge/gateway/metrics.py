"""The gateway's metrics for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.gateway.core import TillCounts


class GatewayMetrics:
    """All series, by till."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["till"]
        self._up = Gauge("edge_gateway_agent_up", "1 while the till's agent is well", labels, registry=self.registry)
        self._waiting = Gauge(
            "edge_gateway_events_waiting", "Events that the agent has not answered", labels, registry=self.registry
        )
        self._unconfirmed = Gauge(
            "edge_gateway_messages_unconfirmed", "Messages that the till has not confirmed", labels,
            registry=self.registry,
        )  # fmt: skip
        self.webhook_failures = Counter(
            "edge_gateway_webhook_failures", "Requests to the webhook that failed", labels, registry=self.registry
        )

    def set(self, counts: Mapping[str, TillCounts]) -> None:
        """Set the values that are found at the moment of a scrape."""
        for till, each in counts.items():
            self._up.labels(till).set(each.agent == "ok" and not each.problem)
            self._waiting.labels(till).set(each.waiting)
            self._unconfirmed.labels(till).set(each.unconfirmed)
            self.webhook_failures.labels(till)
