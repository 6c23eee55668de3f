"""The agent's own log: to systemd's journal with searchable fields, or as plain lines to stderr."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from logging_journald import JournaldTransport, check_journal_stream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIELDS = ("sale", "alert", "decision", "reasons")
"""The fields that a log call may pass as `extra`; in the journal they are in capitals, DECISION=. There is none for
cashiers or customers."""

_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""The journal's priorities, as in syslog."""


def start_log(lanes: Sequence[str], mark: str = "") -> None:
    """Start logging. lanes: their names, which are also the names of their threads. mark: prefix of every line.

    Under systemd, lines go only to the journal's socket: stderr goes to the journal too, and they would appear twice.
    """
    handler: logging.Handler
    if _has_journal():
        handler = JournalHandler(lanes)
        handler.setFormatter(logging.Formatter(f"{mark}%(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        thread = "%(threadName)s: " if len(lanes) > 1 else ""
        handler.setFormatter(logging.Formatter(f"edge-agent: {mark}{thread}%(message)s"))
    logging.getLogger().addHandler(handler)
    # Only this package logs below WARNING: messages of libraries do not help an operator.
    logging.getLogger("edge").setLevel(logging.INFO)


class JournalHandler(logging.Handler):
    """Sends log lines to systemd's journal, with LANE= and `FIELDS`."""

    def __init__(self, lanes: Sequence[str], journal: Path | None = None) -> None:
        """journal: its socket; default: the box's own journal."""
        super().__init__()
        self._lanes = frozenset(lanes)
        # Not connected, so that lines also reach a journal that has restarted.
        self._transport = JournaldTransport(journal, connected=False)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one entry; write it to stderr if the journal does not accept it."""
        # A message may quote the name of a file that is not UTF-8.
        message = self.format(record).encode(errors="backslashreplace").decode()
        fields = {
            "MESSAGE": message,
            "PRIORITY": _PRIORITIES.get(record.levelno, 6),
            "SYSLOG_IDENTIFIER": "edge-agent",
            "LOGGER": record.name,
            "LANE": self._lane(record),
            **{name.upper(): getattr(record, name, None) for name in FIELDS},
        }
        try:
            self._transport.send((name, value) for name, value in fields.items() if value is not None)
        except OSError:
            print(f"edge-agent: {message}", file=sys.stderr)

    def close(self) -> None:
        self._transport.socket.close()
        super().close()

    def _lane(self, record: logging.LogRecord) -> str | None:
        """The lane of a record, from the name of its thread: `LANE` or `camera of LANE`."""
        name = (record.threadName or "").rpartition(" of ")[2]
        if name in self._lanes:
            return name
        return next(iter(self._lanes)) if len(self._lanes) == 1 else None


def _has_journal() -> bool:
    """Whether stderr goes to the journal: it is still the file that systemd names in JOURNAL_STREAM."""
    try:
        return bool(check_journal_stream())
    except (OSError, ValueError):
        return False
