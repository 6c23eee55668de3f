"""Copies of alerts for attendants and displays, and their withdrawals: resent until they are acknowledged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.records.outbox import FIRST_RESEND_S, LONGEST_RESEND_S
from edge.till.messages import AlertWithdrawn

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.lane.lane import Lane
    from edge.lane.publisher import Publisher
    from edge.till.envelope import Event
    from edge.till.messages import Alert

WITHDRAWAL_RESENT_S = 300.0
"""An unacknowledged withdrawal is resent for this long. Then an attendant has forgotten the prompt anyway."""

_Prompt = tuple[str, str]
"""The till and the sale id of an alert in effect."""


@dataclass(frozen=True, slots=True)
class _Copy:
    """A message about a prompt that a listener has not acknowledged. until_s: it is not resent later. next_s, pause_s:
    when to resend it, and the pause after that."""

    prompt: _Prompt
    event: Event
    until_s: float
    next_s: float
    pause_s: float


class Listeners:
    """Sends every alert to the attendants and displays of a lane, and takes it back when its sale no longer prompts.

    A message about a sale replaces the one before, so that a listener is never resent an alert that was taken back.
    Nothing is kept on disk: a listener greets a restarted agent, and gets what is in effect. Times are of a monotonic
    clock.
    """

    def __init__(self, publisher: Publisher, send: Callable[[str, Event], None]) -> None:
        """send: to a connection, by its name."""
        self._publisher, self._send = publisher, send
        self._new: dict[_Prompt, tuple[Event, float]] = {}
        self._shown: dict[_Prompt, tuple[Event, float]] = {}
        """The alerts in effect, and when they expire."""
        self._unacknowledged: dict[str, list[_Copy]] = {}
        """By listener."""

    def show(self, alert: Alert, event: Event, now_s: float) -> None:
        """An alert is in effect. `follow` sends it."""
        if alert.till:
            lasts_s = (alert.expires_at - alert.issued_at).total_seconds()
            self._new[alert.till, alert.sale_id] = event, now_s + lasts_s

    def follow(self, lane: Lane, now_s: float) -> None:
        """Send the new alerts, and take back those whose sale is over, set aside, checked, or without restricted
        items."""
        new, self._new = self._new, {}
        self._shown |= new
        for prompt, (event, until_s) in new.items():
            self._send_to_all(lane, prompt, event, until_s, now_s)
        prompting = {(sale.till, sale.sale_id) for sale in lane.open_sales if sale.prompts}
        for till, sale_id in self._shown.keys() - prompting:
            del self._shown[till, sale_id]
            at = self._publisher.wall_time(now_s)
            data = AlertWithdrawn(sale_id=sale_id, lane=lane.name, till=till, issued_at=at)
            event = self._publisher.wrap(data, now_s)
            self._send_to_all(lane, (till, sale_id), event, now_s + WITHDRAWAL_RESENT_S, now_s)

    def resend(self, now_s: float) -> None:
        """Send again what is due, and forget what is too late."""
        for name, copies in self._unacknowledged.items():
            kept = [copy for copy in copies if now_s < copy.until_s]
            self._unacknowledged[name] = [self._resent(name, copy, now_s) for copy in kept]

    def acknowledged(self, name: str, message_id: str) -> None:
        """A connection has acknowledged a message."""
        if copies := self._unacknowledged.get(name):
            self._unacknowledged[name] = [copy for copy in copies if copy.event.id != message_id]

    def catch_up(self, name: str, lane: Lane, now_s: float) -> None:
        """A connection said hello: an attendant or display gets all alerts in effect, and the withdrawals that it has
        missed."""
        if name not in lane.listeners:
            return
        for prompt, (event, until_s) in self._shown.items():
            self._send_copy(name, prompt, event, until_s, now_s)
        for copy in self._unacknowledged.get(name, []):
            if copy.prompt not in self._shown:
                self._send_copy(name, copy.prompt, copy.event, copy.until_s, now_s)

    def _send_to_all(self, lane: Lane, prompt: _Prompt, event: Event, until_s: float, now_s: float) -> None:
        for name in lane.listeners:
            self._send_copy(name, prompt, event, until_s, now_s)

    def _send_copy(self, name: str, prompt: _Prompt, event: Event, until_s: float, now_s: float) -> None:
        self._send(name, event)
        others = [copy for copy in self._unacknowledged.get(name, []) if copy.prompt != prompt]
        copy = _Copy(prompt, event, until_s, now_s + FIRST_RESEND_S, 2 * FIRST_RESEND_S)
        self._unacknowledged[name] = [*others, copy]

    def _resent(self, name: str, copy: _Copy, now_s: float) -> _Copy:
        """The copy, sent again if it is due."""
        if now_s < copy.next_s:
            return copy
        self._send(name, copy.event)
        return replace(copy, next_s=now_s + copy.pause_s, pause_s=min(2 * copy.pause_s, LONGEST_RESEND_S))
