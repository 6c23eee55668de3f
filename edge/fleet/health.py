"""Whether an agent is healthy after a change: it has taken it over, and has no problem that it did not have before."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.errors import RunError
from edge.language.words import joined, verbatim, words
from edge.progress import ProgressBar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edge.fleet.running import HealthPage, RunningAgent

HEALTH_POLL_S = 1.0
STEADY_HEALTH_S = 5
"""Seconds without a new problem after which an agent counts as healthy: a lost camera is noticed within three."""


@dataclass(frozen=True)
class Patience:
    """healthy_s: how long a changed agent may take to be healthy. quiet_s: how long to wait for the end of open sales,
    and for an agent to load its new settings and models."""

    healthy_s: int
    quiet_s: int


class NotHealthyError(RunError):
    """Why a change is undone."""


def wait_for_quiet(agent: RunningAgent, patience: Patience, doing: str) -> None:
    """Wait until no lane has an open sale. Raises RunError."""

    def quiet() -> bool:
        state = agent.state()
        return state is None or not state.selling

    if not _wait(quiet, patience.quiet_s, doing):
        raise RunError(words("a sale has been open for {seconds} s: try again later", seconds=patience.quiet_s))


def wait_for_reload(agent: RunningAgent, before: HealthPage, patience: Patience, doing: str) -> None:
    """Wait until an agent uses the settings that it was asked to load. before: its state then. Raises NotHealthyError
    when it has rejected them, when they need a restart, and when a sale stays open."""

    def done() -> bool:
        state = agent.state()
        if state is None or state.pid != before.pid:  # it ended; whether it comes back is a matter of its health
            return True
        if state.reloads == before.reloads:
            return False
        if state.rejected:
            raise NotHealthyError(verbatim(state.rejected))
        if state.waiting:
            raise NotHealthyError(words("needs a restart: {changes}", changes=", ".join(state.waiting)))
        return not state.changing

    if not _wait(done, patience.quiet_s, doing):
        raise NotHealthyError(
            words("the agent did not use it within {seconds} s: a sale stays open", seconds=patience.quiet_s)
        )


def wait_for_health(agent: RunningAgent, before: dict[tuple[str, str], str], patience: Patience, doing: str) -> None:
    """Wait until an agent has had no new problem for `STEADY_HEALTH_S`. before: its problems before the change. Raises
    NotHealthyError, with the problems."""
    steady, found = 0, words("the agent does not answer")

    def healthy() -> bool:
        nonlocal steady, found
        state = agent.state()
        if state is None:
            steady, found = 0, words("the agent does not answer")
        elif new := [f"{lane}: {text}" for (lane, part), text in state.problems.items() if (lane, part) not in before]:
            steady, found = 0, joined("; ", new)
        else:
            steady += 1
        return steady > STEADY_HEALTH_S / HEALTH_POLL_S

    if not _wait(healthy, patience.healthy_s, doing):
        raise NotHealthyError(
            words("not healthy after {seconds} s: {problems}", seconds=patience.healthy_s, problems=found)
        )


def _wait(done: Callable[[], bool], limit_s: int, doing: str) -> bool:
    """Ask until it is done, for `limit_s` at most, and show how many of the seconds have passed."""
    return any(done() for _ in ProgressBar(_seconds(limit_s), doing, total=limit_s))


def _seconds(limit_s: int) -> Iterator[int]:
    began_s = time.monotonic()
    for second in range(limit_s + 1):
        time.sleep(max(0.0, began_s + second * HEALTH_POLL_S - time.monotonic()))
        yield second
