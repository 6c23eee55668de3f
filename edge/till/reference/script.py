"""Plays a scenario on the reference till, or for an attendant: see `scenario`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from edge.errors import RunError, UsageError
from edge.language.words import counted, words
from edge.till.reference.scenario import (
    AnswerOfferStep,
    CashierStep,
    CheckStep,
    CloseStep,
    OpenStep,
    RemoveStep,
    ResumedElsewhereStep,
    ResumeStep,
    ScanStep,
    SuspendStep,
    WaitForStep,
    WaitStep,
)

if TYPE_CHECKING:
    from edge.till.reference.live import Connection, LiveTill
    from edge.till.reference.scenario import ScriptStep
    from edge.till.reference.session import TillSession
    from edge.till.reference.steps import Notify, Step

_ANSWER_TIMEOUT_S = 10.0


class Actor(Protocol):
    """Who performs the actions of a script: a cashier or an attendant."""

    @property
    def connection(self) -> Connection: ...

    @property
    def actions(self) -> int:
        """How many were performed, including those before a restart."""

    def perform(self, step: ScriptStep) -> None:
        """Perform one. Raises UsageError when it is not possible now."""


class ScriptPlayer:
    """Plays a script. After a restart it continues after the last action in the state file."""

    def __init__(self) -> None:
        self._events: list[str] = []

    def record(self, notify: Notify) -> None:
        """Record that something happened. Call it for every notification of the till."""
        self._events.append(notify.event)

    def run(self, actor: Actor, steps: list[ScriptStep]) -> None:
        """Play the steps. Raises RunError when an expected event does not come, and when the agent leaves messages
        unanswered."""
        connection = actor.connection
        for step in steps[_steps_done(steps, actor.actions) :]:
            if isinstance(step, WaitStep):
                connection.run_for(step.seconds)
            elif isinstance(step, WaitForStep):
                self._wait_for(connection, step)
            else:
                self._events.clear()
                actor.perform(step)
        if not connection.run_until(lambda: not connection.unanswered, _ANSWER_TIMEOUT_S):
            raise RunError(
                counted(
                    "the agent has not answered {n} message: is it running?",
                    "the agent has not answered {n} messages: is it running?",
                    connection.unanswered,
                )
            )

    def _wait_for(self, connection: Connection, step: WaitForStep) -> None:
        if not connection.run_until(lambda: step.event in self._events, step.seconds):
            raise RunError(
                words(
                    "waited {seconds:g} s for {event}, which did not come", seconds=step.seconds, event=repr(step.event)
                )
            )
        del self._events[: self._events.index(step.event) + 1]


class Cashier:
    """Performs the actions of a script at a till."""

    def __init__(self, session: TillSession, till: LiveTill) -> None:
        self._session, self.connection = session, till

    @property
    def actions(self) -> int:
        return self._session.cashier_actions

    def perform(self, step: ScriptStep) -> None:
        self.connection.perform(_steps_of(self._session, step, time.monotonic()))


def _steps_of(session: TillSession, step: ScriptStep, now_s: float) -> list[Step]:
    match step:
        case OpenStep():
            resumes, items = step.resumes, step.items
            return session.open_sale(now_s, step.sale_id, training=step.training, resumes=resumes, items=items)
        case ScanStep():
            return session.scan(step.item, now_s)
        case RemoveStep():
            return session.remove(step.item, now_s)
        case CheckStep(till=None):
            return session.check(step.outcome, now_s, sale=step.sale, sale_id=step.sale_id, **step.how)
        case CashierStep():
            return session.change_cashier(step.id, now_s)
        case SuspendStep():
            return session.suspend(now_s)
        case ResumeStep():
            return session.resume(now_s, step.sale_id)
        case ResumedElsewhereStep():
            return session.resumed_elsewhere(now_s, step.resumed_as, step.sale_id)
        case AnswerOfferStep():
            return session.answer_offer(step.outcome, now_s)
        case CloseStep():
            return session.close_sale(now_s, completed=step.completed, basket=step.basket)
    line = step.model_dump_json(exclude_defaults=True)
    raise UsageError(words("{line} is for an attendant: start with --role attendant", line=line))


def _steps_done(steps: list[ScriptStep], actions: int) -> int:
    """How many steps to skip when this many actions of the cashier are done already."""
    if not actions:
        return 0
    numbers = [number for number, step in enumerate(steps, start=1) if not isinstance(step, WaitStep | WaitForStep)]
    return numbers[min(actions, len(numbers)) - 1] if numbers else 0
