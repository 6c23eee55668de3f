"""Where the agent's own log goes: to systemd's journal with fields to search by, or as plain lines to stderr."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from logging_journald import JournaldTransport, check_journal_stream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIELDS = ("sale", "alert", "decision", "reasons")
"""What a line may carry beside its text, given as `extra`; in the journal in capitals, DECISION=. Of cashiers and
customers there is nothing to carry."""

_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""The journal's, from syslog."""


def start_log(lanes: Sequence[str], mark: str = "") -> None:
    """Log from now on. lanes: their names, which are those of their threads. mark: what every line begins with.

    Nothing is told twice: under systemd, whose journal takes stderr too, lines go there by its own protocol alone.
    """
    handler: logging.Handler
    if _has_journal():
        handler = JournalHandler(lanes)
        handler.setFormatter(logging.Formatter(f"{mark}%(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        who = "%(threadName)s: " if len(lanes) > 1 else ""
        handler.setFormatter(logging.Formatter(f"edge-agent: {mark}{who}%(message)s"))
    logging.getLogger().addHandler(handler)
    # What the libraries below us have to tell is of no use to whoever runs a lane.
    logging.getLogger("edge").setLevel(logging.INFO)


class JournalHandler(logging.Handler):
    """Sends lines to systemd's journal, with LANE= and the fields that they carry."""

    def __init__(self, lanes: Sequence[str], journal: Path | None = None) -> None:
        """journal: its socket; default: that of the box's own."""
        super().__init__()
        self._lanes = frozenset(lanes)
        # Not connected, so that a journal that is started anew hears what follows.
        self._transport = JournaldTransport(journal, connected=False)

    def emit(self, record: logging.LogRecord) -> None:
        """One entry; stderr has it when the journal does not take it."""
        fields = {
            "MESSAGE": self.format(record),
            "PRIORITY": _PRIORITIES.get(record.levelno, 6),
            "SYSLOG_IDENTIFIER": "edge-agent",
            "LOGGER": record.name,
            "LANE": self._lane(record),
            **{name.upper(): getattr(record, name, None) for name in FIELDS},
        }
        try:
            self._transport.send((name, value) for name, value in fields.items() if value is not None)
        except OSError:
            print(f"edge-agent: {fields['MESSAGE']}", file=sys.stderr)

    def close(self) -> None:
        self._transport.socket.close()
        super().close()

    def _lane(self, record: logging.LogRecord) -> str | None:
        """Whose line it is: threads are called `LANE` or `camera of LANE`."""
        name = (record.threadName or "").rpartition(" of ")[2]
        if name in self._lanes:
            return name
        return next(iter(self._lanes)) if len(self._lanes) == 1 else None


def _has_journal() -> bool:
    """Whether stderr goes to the journal: systemd has said which file that is, and it is the same one still."""
    try:
        return bool(check_journal_stream())
    except (OSError, ValueError):
        return False
