"""Plays a scenario on the reference till: the cashier's actions and waits, one JSON object per line.

    {"do": "wait-for", "event": "connected"}
    {"do": "open"}
    {"do": "scan", "item": "beer"}
    {"do": "wait-for", "event": "shown", "seconds": 2}
    {"do": "check", "outcome": "passed"}
    {"do": "close"}
    {"do": "wait", "seconds": 0.5}

`open` accepts a `sale_id` that no sale has had before. `{"do": "offer", "outcome": "taken"}`, or `"refused"`, is the
customer's answer to an offer: wait for `offer-shown` first. Empty lines and lines that start with # are ignored.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from edge.errors import RunError, UsageError
from edge.settings.problems import in_one_line
from edge.till.messages import CheckOutcome, Id
from edge.till.reference.catalogue import find_item
from edge.till.reference.steps import OfferAnswer  # pydantic reads it

if TYPE_CHECKING:
    from pathlib import Path

    from edge.till.reference.live import LiveTill
    from edge.till.reference.steps import Notify

_ANSWER_TIMEOUT_S = 10.0

StepSeconds = Annotated[float, Field(ge=0, le=3600)]


class ScriptStep(BaseModel):
    """Base of the lines of a scenario."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OpenStep(ScriptStep):
    do: Literal["open"]
    sale_id: Id | None = None


class ScanStep(ScriptStep):
    """item: its name in English or Russian, or its number in the catalogue."""

    do: Literal["scan"]
    item: str


class CheckStep(ScriptStep):
    do: Literal["check"]
    outcome: CheckOutcome


class AnswerOfferStep(ScriptStep):
    """The customer's answer to the offer."""

    do: Literal["offer"]
    outcome: OfferAnswer


class CloseStep(ScriptStep):
    do: Literal["close"]
    completed: bool = True


class WaitStep(ScriptStep):
    do: Literal["wait"]
    seconds: StepSeconds


class WaitForStep(ScriptStep):
    """Wait for an event since the cashier's last action, and since the last event that was waited for."""

    do: Literal["wait-for"]
    event: str
    seconds: StepSeconds = 10


_AnyStep = OpenStep | ScanStep | CheckStep | AnswerOfferStep | CloseStep | WaitStep | WaitForStep
_SCRIPT_LINE: TypeAdapter[_AnyStep] = TypeAdapter(Annotated[_AnyStep, Field(discriminator="do")])


def load_script(file: Path) -> list[ScriptStep]:
    """Read a scenario. Raises UsageError for a file that cannot be read, and with the line number for an invalid
    line."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        why = getattr(problem, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"cannot read the script {file}: {why}") from None
    steps: list[ScriptStep] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            step = _SCRIPT_LINE.validate_json(line)
            if isinstance(step, ScanStep):
                find_item(step.item)
        except ValidationError as problem:
            raise UsageError(f"{file} line {number}: {in_one_line(problem)}") from None
        except UsageError as problem:
            raise UsageError(f"{file} line {number}: {problem}") from None
        steps.append(step)
    return steps


class ScriptPlayer:
    """Plays a script on a till. After a restart it continues after the last action in the till's state file."""

    def __init__(self) -> None:
        self._events: list[str] = []

    def record(self, notify: Notify) -> None:
        """Record that something happened. Call it for every notification of the till."""
        self._events.append(notify.event)

    def run(self, till: LiveTill, steps: list[ScriptStep]) -> None:
        """Play the steps. Raises RunError when an expected event does not come, and when the agent leaves messages
        unanswered."""
        for step in steps[_steps_done(steps, till.session.cashier_actions) :]:
            if isinstance(step, WaitStep):
                till.run_for(step.seconds)
            elif isinstance(step, WaitForStep):
                self._wait_for(till, step)
            else:
                self._events.clear()
                _perform(till, step)
        if not till.run_until(lambda: not till.session.unanswered, _ANSWER_TIMEOUT_S):
            raise RunError(f"the agent has not answered {till.session.unanswered} messages: is it running?")

    def _wait_for(self, till: LiveTill, step: WaitForStep) -> None:
        if not till.run_until(lambda: step.event in self._events, step.seconds):
            raise RunError(f"waited {step.seconds:g} s for {step.event!r}, which did not come")
        del self._events[: self._events.index(step.event) + 1]


def _steps_done(steps: list[ScriptStep], actions: int) -> int:
    """How many steps to skip when this many actions of the cashier are done already."""
    if not actions:
        return 0
    numbers = [number for number, step in enumerate(steps, start=1) if not isinstance(step, WaitStep | WaitForStep)]
    return numbers[min(actions, len(numbers)) - 1] if numbers else 0


def _perform(till: LiveTill, step: ScriptStep) -> None:
    now_s = time.monotonic()
    if isinstance(step, OpenStep):
        till.perform(till.session.open_sale(now_s, step.sale_id))
    elif isinstance(step, ScanStep):
        till.perform(till.session.scan(step.item, now_s))
    elif isinstance(step, CheckStep):
        till.perform(till.session.check(step.outcome, now_s))
    elif isinstance(step, AnswerOfferStep):
        till.perform(till.session.answer_offer(step.outcome, now_s))
    elif isinstance(step, CloseStep):
        till.perform(till.session.close_sale(now_s, completed=step.completed))
