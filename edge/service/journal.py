"""The log of a service, in English: to systemd's journal with searchable fields, or as lines to stderr."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from logging_journald import JournaldTransport, check_journal_stream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edge.settings.config import LogFormat, LogLevel

FIELDS = ("sale", "alert", "decision", "reasons")
"""The fields that a log call may pass as `extra`; in the journal they are in capitals, DECISION=. There is none for
cashiers or customers. A call from a thread that is of no lane may pass `lane`, too."""

_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
"""The journal's priorities, as in syslog."""

_COLOUR = re.compile(r"\033\[[0-9;]*m")


def start_log(
    lanes: Sequence[str], mark: str = "", *, level: LogLevel = "info", log_format: LogFormat = "text",
    program: str = "edge-agent",
) -> None:  # fmt: skip
    """Start logging. lanes: their names, which are also the names of their threads. mark: prefix of every message.
    program: its name in the journal.

    Under systemd, lines go only to the journal's socket, which adds time and level: stderr goes to the journal too, and
    they would appear twice. `log_format` is for lines to stderr.
    """
    handler: logging.Handler
    if _has_journal():
        handler = JournalHandler(lanes, program=program)
        handler.setFormatter(MessageFormatter(lanes, mark))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter(lanes, mark) if log_format == "json" else TextFormatter(lanes, mark))
    handler.setLevel(level.upper())
    logging.getLogger().addHandler(handler)
    # Of libraries only warnings: their other messages do not help an operator.
    logging.getLogger("edge").setLevel(level.upper())


class MessageFormatter(logging.Formatter):
    """The message, with the mark, and on boxes with several lanes the lane that it is about."""

    def __init__(self, lanes: Sequence[str], mark: str, line: str = "%(message)s") -> None:
        super().__init__(line, datefmt="%Y-%m-%dT%H:%M:%S%z")
        self._lanes, self._mark = lanes, mark

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name in logging
        lane = lane_of(record, self._lanes) if len(self._lanes) > 1 else None
        record.message = f"{self._mark}{lane}: {record.message}" if lane else f"{self._mark}{record.message}"
        return super().formatMessage(record)


class TextFormatter(MessageFormatter):
    """A line: time with its zone, level, message."""

    def __init__(self, lanes: Sequence[str], mark: str) -> None:
        super().__init__(lanes, mark, "%(asctime)s %(levelname)s %(message)s")


class JsonFormatter(logging.Formatter):
    """A line with one object: `time` in UTC, `level`, `message`, `logger`, `lane` if it is about one, and `FIELDS`."""

    def __init__(self, lanes: Sequence[str], mark: str) -> None:
        super().__init__()
        self._lanes, self._mark = lanes, mark

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds")
        line = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": self._mark + _COLOUR.sub("", super().format(record)),
            "logger": record.name,
            "lane": lane_of(record, self._lanes),
            **{name: getattr(record, name, None) for name in FIELDS},
        }
        return json.dumps({name: value for name, value in line.items() if value is not None}, ensure_ascii=False)


def lane_of(record: logging.LogRecord, lanes: Sequence[str]) -> str | None:
    """The lane that a record is about: the call's own, or that of its thread, `LANE` or `camera of LANE`. On a box with
    one lane, everything is about it."""
    name = getattr(record, "lane", None) or (record.threadName or "").rpartition(" of ")[2]
    if name in lanes:
        return str(name)
    return lanes[0] if len(lanes) == 1 else None


class JournalHandler(logging.Handler):
    """Sends log lines to systemd's journal, with LANE= and `FIELDS`."""

    def __init__(
        self, lanes: Sequence[str], journal: Path | None = None, program: str = "edge-agent"
    ) -> None:  # fmt: skip
        """journal: its socket; default: the box's own journal. program: SYSLOG_IDENTIFIER."""
        super().__init__()
        self._program = program
        self._lanes = tuple(lanes)
        # Not connected, so that lines also reach a journal that has restarted.
        self._transport = JournaldTransport(journal, connected=False)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one entry; write it to stderr if the journal does not accept it."""
        # A message may quote the name of a file that is not UTF-8.
        message = self.format(record).encode(errors="backslashreplace").decode()
        fields = {
            "MESSAGE": message,
            "PRIORITY": _PRIORITIES.get(record.levelno, 6),
            "SYSLOG_IDENTIFIER": self._program,
            "LOGGER": record.name,
            "LANE": lane_of(record, self._lanes),
            **{name.upper(): getattr(record, name, None) for name in FIELDS},
        }
        try:
            self._transport.send((name, value) for name, value in fields.items() if value is not None)
        except OSError:
            print(f"{self._program}: {message}", file=sys.stderr)

    def close(self) -> None:
        self._transport.socket.close()
        super().close()


def _has_journal() -> bool:
    """Whether stderr goes to the journal: it is still the file that systemd names in JOURNAL_STREAM."""
    try:
        return bool(check_journal_stream())
    except (OSError, ValueError):
        return False
