"""Alerts on their way to tills: on disk before they are sent, repeated until they are confirmed, and never too late."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.records.database import Database

FIRST_REPEAT_S, LONGEST_REPEAT_S = 0.5, 5.0
"""An alert that is not confirmed is sent again after half a second, then after twice as long each time, up to this."""

MOST_EXPIRED = 1000
"""So many expired alerts are kept for tills that were away; a till away for longer has more to ask than this."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that its till has not confirmed. event: its CloudEvent in JSON. next_s: when it is sent again."""

    till: str
    sale_id: str
    event: str
    expires_at: float
    expired: bool = False
    next_s: float = 0.0
    pause_s: float = FIRST_REPEAT_S


class Outbox:
    """What is in the database, and in memory when each is to be sent again.

    Times ending in _at are seconds of the wall clock (they outlive a restart), those ending in _s of a steady one.
    Every method that changes something writes it to disk, as part of a transaction that is under way if there is one,
    and raises StoreError when that fails; after a transaction that failed, give `waiting` its former value.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        columns = "alert_id, till, sale_id, event, expires_at, expired"
        self.waiting: dict[str, Waiting] = {
            str(alert_id): Waiting(str(till), str(sale_id), str(event), float(str(expires_at)), bool(expired))
            for alert_id, till, sale_id, event, expires_at, expired in database.rows(
                f"SELECT {columns} FROM outbox ORDER BY rowid"
            )
        }
        self.overdue = 0
        """How many have expired since the start."""

    @property
    def on_their_way(self) -> int:
        """How many alerts are neither confirmed nor expired."""
        return sum(not one.expired for one in self.waiting.values())

    def put(self, alert_id: str, sale_id: str, till: str, event: str, expires_at: float) -> None:
        """Take in an alert; it is due at once."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO outbox (alert_id, sale_id, till, event, expires_at) VALUES (?, ?, ?, ?, ?)",
                (alert_id, sale_id, till, event, expires_at),
            )
        self.waiting = {**self.waiting, alert_id: Waiting(till, sale_id, event, expires_at)}

    def take_ready(self, till: str, now_s: float) -> list[str]:
        """The alerts, as JSON, to send to a till now; each is put off until its next repeat."""
        found = {alert_id: one for alert_id, one in self.waiting.items()
                 if one.till == till and not one.expired and now_s >= one.next_s}  # fmt: skip
        for alert_id, one in found.items():
            later = replace(one, next_s=now_s + one.pause_s, pause_s=min(2 * one.pause_s, LONGEST_REPEAT_S))
            self.waiting = {**self.waiting, alert_id: later}
        return [one.event for one in found.values()]

    def hurry(self, till: str) -> None:
        """Everything for a till is due at once: it has just come back."""
        self.waiting = {
            alert_id: replace(one, next_s=0.0, pause_s=FIRST_REPEAT_S) if one.till == till else one
            for alert_id, one in self.waiting.items()
        }

    def confirm(self, till: str, alert_id: str) -> bool:
        """A till has an alert, or knows that it expired; whether that was being waited for."""
        if alert_id not in self.waiting or self.waiting[alert_id].till != till:
            return False
        self._delete([alert_id])
        return True

    def expire(self, now_at: float) -> list[str]:
        """Alerts whose time is over since the last call, by their ids."""
        return self._expire([alert_id for alert_id, one in self.waiting.items() if now_at >= one.expires_at])

    def close_sale(self, sale_id: str) -> list[str]:
        """Nothing of a sale that is over is shown any more; the ids of what is expired by that."""
        return self._expire([alert_id for alert_id, one in self.waiting.items() if one.sale_id == sale_id])

    def expired_for(self, till: str) -> list[tuple[str, str]]:
        """Alert id and sale id of what a till missed and does not know of yet."""
        return [(alert_id, one.sale_id) for alert_id, one in self.waiting.items() if one.till == till and one.expired]

    def _expire(self, alert_ids: list[str]) -> list[str]:
        fresh = [alert_id for alert_id in alert_ids if not self.waiting[alert_id].expired]
        if not fresh:
            return []
        with self._database.transaction() as connection:
            connection.executemany("UPDATE outbox SET expired = 1 WHERE alert_id = ?", [(one,) for one in fresh])
        self.waiting = {
            alert_id: replace(one, expired=one.expired or alert_id in fresh) for alert_id, one in self.waiting.items()
        }
        self.overdue += len(fresh)
        expired = [alert_id for alert_id, one in self.waiting.items() if one.expired]
        self._delete(expired[: max(0, len(expired) - MOST_EXPIRED)])
        return fresh

    def _delete(self, alert_ids: list[str]) -> None:
        if not alert_ids:
            return
        with self._database.transaction() as connection:
            connection.executemany("DELETE FROM outbox WHERE alert_id = ?", [(one,) for one in alert_ids])
        self.waiting = {alert_id: one for alert_id, one in self.waiting.items() if alert_id not in alert_ids}
