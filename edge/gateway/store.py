"""What the gateway must not lose: the events of its tills until the agent has answered, and the agent's messages until
the till has confirmed them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.records.database import Database
from edge.till.envelope import Event
from edge.till.messages import SaleClosed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

DATABASE_NAME = "gateway.db"
KEPT_S = 24 * 3600.0
"""An answered event is recognised for this long. What a till has not collected by then is forgotten."""
_SALE_KEPT_S = 48 * 3600.0
"""The events of a sale that was never closed. A suspended sale may continue for a day."""
MOST_WAITING = 10_000
"""Events of one till that wait for the agent. A till has one every few seconds, so that is a day without an agent."""
MOST_MESSAGES = 1000
"""Messages to one till that it has not confirmed. The oldest are dropped."""

_FIRST_GATEWAY_VERSION = (
    "CREATE TABLE gateway (only INTEGER PRIMARY KEY CHECK (only = 1), id TEXT NOT NULL) STRICT",
    """CREATE TABLE event (
      number INTEGER PRIMARY KEY AUTOINCREMENT, till TEXT NOT NULL, id TEXT NOT NULL, hash TEXT NOT NULL,
      sale_id TEXT, event TEXT, answered INTEGER NOT NULL DEFAULT 0, answer TEXT, at REAL NOT NULL, UNIQUE (till, id)
    ) STRICT""",
    "CREATE INDEX event_waiting ON event (till, number) WHERE answered = 0",
    """CREATE TABLE message (
      number INTEGER PRIMARY KEY AUTOINCREMENT, till TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, key TEXT,
      sale_id TEXT, event TEXT NOT NULL, confirmed INTEGER NOT NULL DEFAULT 0, at REAL NOT NULL
    ) STRICT""",
    "CREATE INDEX message_of_till ON message (till, number)",
)
GATEWAY_SCHEMA = (_FIRST_GATEWAY_VERSION,)


@dataclass(frozen=True, slots=True)
class PostedEvent:
    """An event as a till has sent it. hash: of its content as it was sent. event: with what the agent can use. dropped:
    the parts that cannot be used."""

    event: Event
    hash: str
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message of the agent for a till. number: grows with each message. key: the `alert_id`, if it has one."""

    number: int
    event: Event
    key: str | None
    confirmed: bool


@dataclass(frozen=True, slots=True)
class EventState:
    """What became of an event. answer: the agent's `lane.ack` or `lane.error` as JSON; None before, and for an event
    that the gateway answers itself."""

    answered: bool
    answer: str | None


class GatewayStore:
    """The tables of all tills. For one thread at a time. Times are wall-clock seconds. Every method raises StoreError
    when the disk cannot be read or written; then nothing was changed."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder, name=DATABASE_NAME, steps=GATEWAY_SCHEMA)
        with self.database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO gateway VALUES (1, ?)", (secrets.token_hex(4),))
        ((self.id,),) = self.database.rows("SELECT id FROM gateway")
        """Of this file: numbers of another one mean nothing here."""

    def hash_of(self, till: str, event_id: str) -> str | None:
        """The hash of an event that the till has sent before, None for a new one."""
        rows = self.database.rows("SELECT hash FROM event WHERE till = ? AND id = ?", till, event_id)
        return str(rows[0][0]) if rows else None

    def add_events(self, till: str, events: Iterable[PostedEvent], answered_types: Iterable[str]) -> None:
        """Store new events, all or none. answered_types: those that need no answer of the agent."""
        done, at = set(answered_types), time.time()
        with self.database.transaction() as connection:
            for each in events:
                event = each.event
                values = (till, event.id, each.hash, event.data.get("sale_id"), event.to_json(), event.type in done, at)
                connection.execute(
                    "INSERT INTO event (till, id, hash, sale_id, event, answered, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    values,
                )

    def waiting(self, till: str, after: int, limit: int) -> list[tuple[int, Event]]:
        """The next events that the agent has not answered, with their numbers. after: the number before the first."""
        query = "SELECT number, event FROM event WHERE till = ? AND answered = 0 AND number > ? ORDER BY number LIMIT ?"
        return [(int(str(number)), _event(text)) for number, text in self.database.rows(query, till, after, limit)]

    def waiting_count(self, till: str) -> int:
        ((count,),) = self.database.rows("SELECT count(*) FROM event WHERE till = ? AND answered = 0", till)
        return int(str(count))

    def answer(self, till: str, event_id: str, answer: str | None) -> None:
        """The agent has answered an event. Forgets the content of the events of a sale that is closed."""
        with self.database.transaction() as connection:
            connection.execute(
                "UPDATE event SET answered = 1, answer = ? WHERE till = ? AND id = ?", (answer, till, event_id)
            )
            closed = connection.execute(
                "SELECT sale_id FROM event WHERE till = ? AND id = ? AND json_extract(event, '$.type') = ?",
                (till, event_id, SaleClosed.type),
            ).fetchone()
            if closed:
                connection.execute(
                    "UPDATE event SET event = NULL WHERE till = ? AND sale_id = ? AND answered = 1", (till, closed[0])
                )

    def state_of(self, till: str, event_id: str) -> EventState | None:
        """What became of an event, None for one that is not known."""
        rows = self.database.rows("SELECT answered, answer FROM event WHERE till = ? AND id = ?", till, event_id)
        return EventState(bool(rows[0][0]), str(rows[0][1]) if rows[0][1] else None) if rows else None

    def history(self, till: str) -> Iterator[tuple[Event, bool]]:
        """The kept events of a till in their order, and whether the agent has answered them: those of its unfinished
        sales, and those that wait."""
        query = "SELECT event, answered FROM event WHERE till = ? AND event IS NOT NULL ORDER BY number"
        for text, answered in self.database.rows(query, till):
            yield _event(text), bool(answered)

    def add_message(self, till: str, event: Event, key: str | None, sale_id: str | None) -> None:
        """Store a message for a till."""
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT INTO message (till, id, type, key, sale_id, event, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (till, event.id, event.type, key, sale_id, event.to_json(), time.time()),
            )
            connection.execute(
                "DELETE FROM message WHERE till = ?1 AND number <= (SELECT number FROM message WHERE till = ?1 "
                "ORDER BY number DESC LIMIT 1 OFFSET ?2)",
                (till, MOST_MESSAGES),
            )

    def messages(self, till: str) -> list[StoredMessage]:
        """All messages for a till, in their order, with the confirmed ones that are still kept."""
        query = "SELECT number, event, key, confirmed FROM message WHERE till = ? ORDER BY number"
        return [
            StoredMessage(int(str(number)), _event(text), str(key) if key else None, bool(confirmed))
            for number, text, key, confirmed in self.database.rows(query, till)
        ]

    def confirm(self, till: str, numbers: Iterable[int]) -> None:
        """The till has received these messages."""
        with self.database.transaction() as connection:
            connection.executemany(
                "UPDATE message SET confirmed = 1 WHERE till = ? AND number = ?", [(till, number) for number in numbers]
            )

    def prune(self) -> None:
        """Forget what is old. An event that the agent has not answered is never forgotten."""
        now_at = time.time()
        with self.database.transaction() as connection:
            connection.execute(
                "DELETE FROM event WHERE answered = 1 AND at < ? AND (event IS NULL OR at < ?)",
                (now_at - KEPT_S, now_at - _SALE_KEPT_S),
            )
            connection.execute("DELETE FROM message WHERE at < ?", (now_at - KEPT_S,))

    def close(self) -> None:
        self.database.close()


def _event(text: object) -> Event:
    return Event.model_validate_json(str(text))
