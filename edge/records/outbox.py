"""Alerts waiting for confirmation: stored on disk before they are sent, resent until confirmed, and never sent late."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.records.database import Database

FIRST_RESEND_S, LONGEST_RESEND_S = 0.5, 5.0
"""An unconfirmed alert is resent after FIRST_RESEND_S. Each further pause is twice as long, up to LONGEST_RESEND_S."""

MAX_EXPIRED = 1000
"""Expired alerts kept for tills that were away. The oldest are dropped: a till away that long has lost more than these
reports."""


@dataclass(frozen=True, slots=True)
class PendingAlert:
    """An alert that its till has not confirmed. event: its CloudEvent in JSON. next_s: when to send it next. pause_s:
    the pause after that."""

    till: str
    sale_id: str
    event: str
    expires_at: float
    expired: bool = False
    next_s: float = 0.0
    pause_s: float = FIRST_RESEND_S


class Outbox:
    """The alerts in the database, and in memory when to send each one next.

    Times ending in _at are wall-clock seconds, which survive a restart; those ending in _s are of a monotonic clock.
    Every method that changes alerts writes them to disk, inside the running transaction if there is one, and raises
    StoreError when that fails. After a failed transaction, restore the former value of `pending`.
    """

    def __init__(self, database: Database) -> None:
        """Reads the alerts from the database. Raises StoreError."""
        self._database = database
        columns = "alert_id, till, sale_id, event, expires_at, expired"
        self.pending: dict[str, PendingAlert] = {
            str(alert_id): PendingAlert(str(till), str(sale_id), str(event), float(str(expires_at)), bool(expired))
            for alert_id, till, sale_id, event, expires_at, expired in database.rows(
                f"SELECT {columns} FROM outbox ORDER BY rowid"
            )
        }
        self.expired_count = 0
        """How many alerts have expired since the start."""

    @property
    def pending_count(self) -> int:
        """How many alerts are neither confirmed nor expired."""
        return sum(not alert.expired for alert in self.pending.values())

    def add(self, alert_id: str, sale_id: str, till: str, event: str, expires_at: float) -> None:
        """Store an alert, to be sent at once. Raises StoreError also for an id that is already stored."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO outbox (alert_id, sale_id, till, event, expires_at) VALUES (?, ?, ?, ?, ?)",
                (alert_id, sale_id, till, event, expires_at),
            )
        self.pending = {**self.pending, alert_id: PendingAlert(till, sale_id, event, expires_at)}

    def take_ready(self, till: str, now_s: float) -> list[str]:
        """The alerts, as JSON, to send to a till now. Schedules the next time of each."""
        due = {
            alert_id: alert
            for alert_id, alert in self.pending.items()
            if alert.till == till and not alert.expired and now_s >= alert.next_s
        }
        for alert_id, alert in due.items():
            later = replace(alert, next_s=now_s + alert.pause_s, pause_s=min(2 * alert.pause_s, LONGEST_RESEND_S))
            self.pending = {**self.pending, alert_id: later}
        return [alert.event for alert in due.values()]

    def resend_now(self, till: str) -> None:
        """Make every alert for a till due at once, because the till has just reconnected."""
        self.pending = {
            alert_id: replace(alert, next_s=0.0, pause_s=FIRST_RESEND_S) if alert.till == till else alert
            for alert_id, alert in self.pending.items()
        }

    def confirm(self, till: str, alert_id: str) -> bool:
        """Remove an alert that its till has received, or knows to be expired. Returns whether it was pending for this
        till."""
        if alert_id not in self.pending or self.pending[alert_id].till != till:
            return False
        self._delete([alert_id])
        return True

    def expire(self, now_at: float) -> list[str]:
        """Mark the alerts that have expired. Returns the ids of those marked now."""
        return self._expire([alert_id for alert_id, alert in self.pending.items() if now_at >= alert.expires_at])

    def close_sale(self, till: str, sale_id: str) -> list[str]:
        """Expire the alerts of a sale that is over or set aside. Returns the ids of those marked now."""
        return self._expire(
            [alert_id for alert_id, alert in self.pending.items() if (alert.till, alert.sale_id) == (till, sale_id)]
        )

    def expired_for(self, till: str) -> list[tuple[str, str]]:
        """Alert id and sale id of the expired alerts that a till has not confirmed."""
        return [
            (alert_id, alert.sale_id)
            for alert_id, alert in self.pending.items()
            if alert.till == till and alert.expired
        ]

    def _expire(self, alert_ids: list[str]) -> list[str]:
        fresh = [alert_id for alert_id in alert_ids if not self.pending[alert_id].expired]
        if not fresh:
            return []
        with self._database.transaction() as connection:
            connection.executemany("UPDATE outbox SET expired = 1 WHERE alert_id = ?", [(each,) for each in fresh])
        self.pending = {
            alert_id: replace(alert, expired=alert.expired or alert_id in fresh)
            for alert_id, alert in self.pending.items()
        }
        self.expired_count += len(fresh)
        expired = [alert_id for alert_id, alert in self.pending.items() if alert.expired]
        self._delete(expired[: max(0, len(expired) - MAX_EXPIRED)])
        return fresh

    def _delete(self, alert_ids: list[str]) -> None:
        if not alert_ids:
            return
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM outbox WHERE alert_id = ?", [(each,) for each in alert_ids])
        self.pending = {alert_id: alert for alert_id, alert in self.pending.items() if alert_id not in alert_ids}
