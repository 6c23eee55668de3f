"""Shows a lane's events: as JSON lines in a file or on stdout, and each alert as a line in the log."""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import suppress
from pathlib import Path
from queue import Full, Queue
from typing import TYPE_CHECKING, TextIO

from edge.decision.policy import Decision
from edge.errors import RunError, UsageError
from edge.lane.line_file import LineFile
from edge.language.system import system_words
from edge.language.words import Words, words
from edge.settings.outputs import OptionalOutput, may_pass

if TYPE_CHECKING:
    from edge.till.envelope import Event
    from edge.till.messages import Alert

log = logging.getLogger(__name__)

_MOST_WAITING = 2000
"""Events that wait to be written, at most: a few minutes of a lane."""
_WRITE_OUT_S = 2.0
"""How long `close` waits for events that are not written yet."""

_DECISION_COLOURS = {
    Decision.CHALLENGE: "\033[1;31m",
    Decision.UNKNOWN: "\033[1;33m",
    Decision.NO_CHALLENGE: "\033[1;32m",
}


def _cannot_write(target: str | None, problem: OSError) -> Words:
    return words("cannot write events to {target}: {reason}", target=target, reason=system_words(problem))


class EventLog:
    """Writes CloudEvents, one a line, as soon as they come. For a replay, which waits for whoever reads them."""

    problem = ""

    def __init__(self, target: str | None) -> None:
        """target: a file, `-` for stdout, or None to write nothing."""
        self._target = target
        self._text: TextIO | None = None

    def open(self) -> None:
        """Open the target; events written before are dropped. Raises UsageError when the file cannot be written."""
        if self._target == "-":
            self._text = sys.stdout
        elif self._target is not None:
            try:
                self._text = Path(self._target).open("w", encoding="utf-8")  # noqa: SIM115  # closed by close()
            except OSError as problem:
                raise UsageError(_cannot_write(self._target, problem)) from None

    def write(self, event: Event) -> None:
        """Raises BrokenPipeError when nobody reads the events any more, and RunError when they cannot be written."""
        if self._text:
            try:
                self._text.write(event.to_json() + "\n")
                self._text.flush()
            except BrokenPipeError:
                raise
            except OSError as problem:
                raise RunError(_cannot_write(self._target, problem)) from None

    def close(self) -> None:
        if self._text and self._text is not sys.stdout:
            # What could not be written before cannot be written now.
            with suppress(OSError):
                self._text.close()


class LiveEventLog(EventLog):
    """Writes the events of lanes that serve tills. All lanes share it. `write` neither waits nor raises: `run` writes
    in a thread of its own, and `problem` says why it cannot."""

    def __init__(self, target: str | None) -> None:
        super().__init__(target)
        self._output = OptionalOutput(f"the event log {target}", "make room on its disk, or start its reader again")
        self._waiting: Queue[bytes | None] = Queue(_MOST_WAITING)
        self._file: LineFile | None = None
        self._running, self._ended = False, threading.Event()

    @property
    def problem(self) -> str:  # type: ignore[override]  # never set
        """Why events are lost, in one sentence; empty while none is."""
        return self._output.problem

    @property
    def wanted(self) -> bool:
        """Whether there is a target, so that `run` has something to do."""
        return self._target is not None

    def open(self) -> None:
        """Open the target; events written before are dropped. Raises UsageError when the settings name a file that
        cannot be written; a full disk is no wrong setting, and is tried again."""
        if self._target is None:
            return
        try:
            self._file = LineFile(self._target)
        except OSError as problem:
            if not may_pass(problem):
                raise UsageError(_cannot_write(self._target, problem)) from None
            self._output.fail(problem)

    def write(self, event: Event) -> None:
        if self._target is not None:
            try:
                self._waiting.put_nowait((event.to_json() + "\n").encode())
            except Full:
                self._output.fail("its reader is too slow")

    def run(self) -> None:
        """Write events until `close` is called."""
        assert self._target is not None
        self._running = True
        while (line := self._waiting.get()) is not None:
            with self._output.attempt():
                self._file = self._file or LineFile(self._target)
                self._file.write(line)
        self._ended.set()

    def close(self) -> None:
        """Write what waits, for a short time, and close the target."""
        if self._running:
            with suppress(Full):
                self._waiting.put(None, timeout=_WRITE_OUT_S)
            self._ended.wait(_WRITE_OUT_S)
        if self._file and (self._ended.is_set() or not self._running):
            self._file.close()


def log_fields(alert: Alert) -> dict[str, str]:
    """An alert's fields for a structured log, see `edge.service.journal`."""
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
    """An alert in one line, in colour on a terminal. The log is in English."""
    age = alert.age or "unknown"
    decision = alert.decision.value
    if sys.stderr.isatty():
        decision = f"{_DECISION_COLOURS[alert.decision]}{decision}\033[0m"
    return f"{decision}: age {age}, {', '.join(alert.reasons)} | {alert.text.en}"
