"""Events for people and programs that read along: JSON lines in a file or on stdout, and a line of log per alert."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from edge.decision.policy import Decision
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.till.messages import Alert, Event

log = logging.getLogger(__name__)

_COLOURS = {Decision.CHALLENGE: "\033[1;31m", Decision.UNKNOWN: "\033[1;33m", Decision.NO_CHALLENGE: "\033[1;32m"}


class EventLog:
    """Writes whole CloudEvents, one a line; for all lanes at once."""

    def __init__(self, target: str | None) -> None:
        """target: a file, `-` for stdout, or None for nowhere."""
        self._target = target
        self._text: TextIO | None = None
        self._one_writes = threading.Lock()

    def open(self) -> None:
        """Begin; what is written before is lost. Raises UsageError when the file cannot be written."""
        if self._target == "-":
            self._text = sys.stdout
        elif self._target is not None:
            try:
                self._text = Path(self._target).open("w", encoding="utf-8")  # noqa: SIM115  # closed by close()
            except OSError as problem:
                raise UsageError(f"cannot write events to {self._target}: {problem.strerror}") from None

    def write(self, event: Event) -> None:
        if self._text:
            line = event.to_json() + "\n"
            with self._one_writes:
                self._text.write(line)
                self._text.flush()

    def close(self) -> None:
        if self._text and self._text is not sys.stdout:
            self._text.close()


def fields(alert: Alert) -> dict[str, str]:
    """What an alert adds to its line in a log that keeps fields, see `edge.agent.journal`."""
    return {
        "sale": alert.sale_id,
        "alert": alert.alert_id,
        "decision": alert.decision.value,
        "reasons": ",".join(alert.reasons),
    }


def announce(alert: Alert) -> None:
    """Tell the log of an alert."""
    log.info(narrate(alert), extra=fields(alert))


def narrate(alert: Alert) -> str:
    """One line about an alert, in colour on a terminal."""
    age = alert.age or "unknown"
    decision = alert.decision.value
    if sys.stderr.isatty():
        decision = f"{_COLOURS[alert.decision]}{decision}\033[0m"
    return f"{decision}: age {age}, {', '.join(alert.reasons)} | {alert.text.en} | {alert.text.ru}"
