"""Shows a lane's events: as JSON lines in a file or on stdout, and each alert as a line in the log."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from edge.decision.policy import Decision
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.till.envelope import Event
    from edge.till.messages import Alert

log = logging.getLogger(__name__)

_DECISION_COLOURS = {
    Decision.CHALLENGE: "\033[1;31m",
    Decision.UNKNOWN: "\033[1;33m",
    Decision.NO_CHALLENGE: "\033[1;32m",
}


class EventLog:
    """Writes CloudEvents, one a line. All lanes share it, each from its own thread."""

    def __init__(self, target: str | None) -> None:
        """target: a file, `-` for stdout, or None to write nothing."""
        self._target = target
        self._text: TextIO | None = None
        self._write_lock = threading.Lock()

    def open(self) -> None:
        """Open the target; events written before are dropped. Raises UsageError when the file cannot be written."""
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
            with self._write_lock:
                self._text.write(line)
                self._text.flush()

    def close(self) -> None:
        if self._text and self._text is not sys.stdout:
            self._text.close()


def log_fields(alert: Alert) -> dict[str, str]:
    """An alert's fields for a structured log, see `edge.agent.journal`."""
    return {
        "sale": alert.sale_id,
        "alert": alert.alert_id,
        "decision": alert.decision.value,
        "reasons": ",".join(alert.reasons),
    }


def log_alert(alert: Alert) -> None:
    """Write an alert to the log."""
    log.info(alert_line(alert), extra=log_fields(alert))


def alert_line(alert: Alert) -> str:
    """An alert in one line, in colour on a terminal."""
    age = alert.age or "unknown"
    decision = alert.decision.value
    if sys.stderr.isatty():
        decision = f"{_DECISION_COLOURS[alert.decision]}{decision}\033[0m"
    return f"{decision}: age {age}, {', '.join(alert.reasons)} | {alert.text.en} | {alert.text.ru}"
