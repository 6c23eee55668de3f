"""Copies of alerts for attendants and displays: sent once, and again after their hello. Not resent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.till.messages import AlertWithdrawn

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.lane.lane import Lane
    from edge.lane.publisher import Publisher
    from edge.till.envelope import Event
    from edge.till.messages import Alert

_Prompt = tuple[str, str]
"""The till and the sale id of an alert in effect."""


class Listeners:
    """Sends every alert to the attendants and displays of a lane, and takes it back when its sale no longer prompts."""

    def __init__(self, publisher: Publisher, send: Callable[[str, Event], None]) -> None:
        """send: to a connection, by its name."""
        self._publisher, self._send = publisher, send
        self._new: dict[_Prompt, Event] = {}
        self._shown: dict[_Prompt, Event] = {}

    def show(self, alert: Alert, event: Event) -> None:
        """An alert is in effect. `follow` sends it."""
        if alert.till:
            self._new[alert.till, alert.sale_id] = event

    def follow(self, lane: Lane, now_s: float) -> None:
        """Send the new alerts, and take back those whose sale is over, set aside, checked, or without restricted
        items."""
        names, new, self._new = lane.listeners, self._new, {}
        self._shown |= new
        prompting = {(sale.till, sale.sale_id) for sale in lane.open_sales if sale.prompts}
        over = self._shown.keys() - prompting
        for name in names:
            for event in new.values():
                self._send(name, event)
        for till, sale_id in over:
            del self._shown[till, sale_id]
            if names:
                at = self._publisher.wall_time(now_s)
                data = AlertWithdrawn(sale_id=sale_id, lane=lane.name, till=till, issued_at=at)
                event = self._publisher.wrap(data, now_s)
                for name in names:
                    self._send(name, event)

    def catch_up(self, name: str, lane: Lane) -> None:
        """A connection said hello: an attendant or display gets all alerts in effect."""
        if name in lane.listeners:
            for event in self._shown.values():
                self._send(name, event)
