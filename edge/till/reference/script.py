"""A scenario for the reference till: what the cashier does, a line of JSON each.

    {"do": "wait-for", "event": "connected"}
    {"do": "open"}
    {"do": "scan", "item": "beer"}
    {"do": "wait-for", "event": "shown", "seconds": 2}
    {"do": "check", "outcome": "passed"}
    {"do": "close"}
    {"do": "wait", "seconds": 0.5}

`open` may be given a `sale_id`, which no sale has had before. `{"do": "offer", "outcome": "taken"}`, or `"refused"`, is
what the customer says to an offer: wait for `offer-shown` first. Empty lines, and those that begin with #, are for
people.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from edge.errors import RunError, UsageError
from edge.settings.problems import in_one_line
from edge.till.messages import CheckOutcome, Id
from edge.till.reference.catalogue import find
from edge.till.reference.steps import OfferAnswer  # pydantic reads it

if TYPE_CHECKING:
    from pathlib import Path

    from edge.till.reference.live import LiveTill
    from edge.till.reference.steps import Tell

StepSeconds = Annotated[float, Field(ge=0, le=3600)]


class ScriptStep(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OpenStep(ScriptStep):
    do: Literal["open"]
    sale_id: Id | None = None


class ScanStep(ScriptStep):
    """item: its name in English or Russian."""

    do: Literal["scan"]
    item: str


class CheckStep(ScriptStep):
    do: Literal["check"]
    outcome: CheckOutcome


class AnswerOffer(ScriptStep):
    """What the customer says to the offer."""

    do: Literal["offer"]
    outcome: OfferAnswer


class CloseStep(ScriptStep):
    do: Literal["close"]
    completed: bool = True


class WaitStep(ScriptStep):
    do: Literal["wait"]
    seconds: StepSeconds


class WaitFor(ScriptStep):
    """Until an event has happened since the last thing the cashier did, or the last event that was waited for."""

    do: Literal["wait-for"]
    event: str
    seconds: StepSeconds = 10


_LINE: TypeAdapter[OpenStep | ScanStep | CheckStep | AnswerOffer | CloseStep | WaitStep | WaitFor] = TypeAdapter(
    Annotated[OpenStep | ScanStep | CheckStep | AnswerOffer | CloseStep | WaitStep | WaitFor, Field(discriminator="do")]
)


def load_script(file: Path) -> list[ScriptStep]:
    """Raises UsageError, with the number of the line, for what cannot be played."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        why = getattr(problem, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"cannot read the script {file}: {why}") from None
    lines: list[ScriptStep] = []
    for number, words in enumerate(text.splitlines(), start=1):
        if not words.strip() or words.lstrip().startswith("#"):
            continue
        try:
            line = _LINE.validate_json(words)
            if isinstance(line, ScanStep):
                find(line.item)
        except ValidationError as problem:
            raise UsageError(f"{file} line {number}: {in_one_line(problem)}") from None
        except UsageError as problem:
            raise UsageError(f"{file} line {number}: {problem}") from None
        lines.append(line)
    return lines


class Play:
    """Plays a script on a till. A till that was cut off goes on after the last thing that its journal knows."""

    def __init__(self) -> None:
        self._happened: list[str] = []

    def note(self, told: Tell) -> None:
        """Something happened; to be called for everything that the till tells."""
        self._happened.append(told.event)

    def run(self, till: LiveTill, lines: list[ScriptStep]) -> None:
        """Raises RunError for an event that did not come, and for messages that nobody answered."""
        for line in lines[_done(lines, till.session.deeds) :]:
            if isinstance(line, WaitStep):
                till.serve(line.seconds)
            elif isinstance(line, WaitFor):
                self._wait_for(till, line)
            else:
                self._happened.clear()
                _do(till, line)
        if not till.serve_until(lambda: not till.session.unanswered, _ANSWERED_WITHIN_S):
            raise RunError(f"the agent has not answered {till.session.unanswered} messages: is it running?")

    def _wait_for(self, till: LiveTill, line: WaitFor) -> None:
        if not till.serve_until(lambda: line.event in self._happened, line.seconds):
            raise RunError(f"waited {line.seconds:g} s for {line.event!r}, which did not come")
        del self._happened[: self._happened.index(line.event) + 1]


_ANSWERED_WITHIN_S = 10.0


def _done(lines: list[ScriptStep], deeds: int) -> int:
    """How many lines to skip when so many things have been done already."""
    if not deeds:
        return 0
    doing = [number for number, line in enumerate(lines, start=1) if not isinstance(line, WaitStep | WaitFor)]
    return doing[min(deeds, len(doing)) - 1] if doing else 0


def _do(till: LiveTill, line: ScriptStep) -> None:
    now_s = time.monotonic()
    if isinstance(line, OpenStep):
        till.do(till.session.open_sale(now_s, line.sale_id))
    elif isinstance(line, ScanStep):
        till.do(till.session.scan(line.item, now_s))
    elif isinstance(line, CheckStep):
        till.do(till.session.check(line.outcome, now_s))
    elif isinstance(line, AnswerOffer):
        till.do(till.session.answer_offer(line.outcome, now_s))
    elif isinstance(line, CloseStep):
        till.do(till.session.close_sale(now_s, completed=line.completed))
