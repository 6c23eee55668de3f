"""The thread of the gateway that owns its database and its connections to agents. HTTP handlers call it."""

from __future__ import annotations

import logging
import os
import queue
import time
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import zmq

from edge.errors import UsageError
from edge.gateway.relay import TillRelay
from edge.gateway.store import GatewayStore
from edge.language.words import words
from edge.records.database import StoreError
from edge.till.identity import LiveIdentity
from edge.till.reference.dealer import Till, load_keys
from edge.till.reference.steps import Notify, Send

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable

    from edge.gateway.settings import GatewaySettings, TillEntry
    from edge.till.reference.steps import Step

log = logging.getLogger(__name__)

Result = TypeVar("Result")

TICK_S = 0.05
"""How often resends, silence, and expired prompts are checked."""
_PRUNE_EVERY_S = 3600.0
_MOST_MESSAGES_A_TURN = 100
"""Of one agent, so that none keeps the others waiting."""

_LOGGED = {
    "connected": (logging.INFO, "the agent answers"),
    "agent-silent": (logging.WARNING, "the agent does not answer: the till is told to ask everyone for ID"),
    "agent-back": (logging.INFO, "the agent answers again"),
    "clocks": (logging.WARNING, "clocks of gateway and agent"),
    "error": (logging.WARNING, "the agent could not use a message"),
    "health": (logging.INFO, "the agent's health"),
}


@dataclass(frozen=True, slots=True)
class TillCounts:
    """For the health page. problem: empty if there is none."""

    agent: str
    waiting: int
    unconfirmed: int
    problem: str


class Core:
    """`call` is safe from any thread; everything else runs in the thread of `work`."""

    def __init__(self, settings: GatewaySettings, changed: Callable[[str], None]) -> None:
        """Opens the database and the connections. changed: called with the name of a till when there is something new
        for it. Raises UsageError for wrong keys and addresses, and StoreError."""
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._changed = changed
        self._store = GatewayStore(settings.state_dir)
        self.turned_s = time.monotonic()
        """When the thread last turned."""
        self._pruned_s = self.turned_s
        self._relays: dict[str, TillRelay] = {}
        self._channels: dict[str, Till] = {}
        self._marks: dict[str, tuple[str, int]] = {}
        self._poller = zmq.Poller()
        self._poller.register(self._wake, zmq.POLLIN)
        for entry in settings.till:
            self._connect(entry, settings.agent)

    @property
    def store_id(self) -> str:
        return str(self._store.id)

    def call(self, function: Callable[[], Result]) -> Future[Result]:
        """Run a function in the thread of `work`."""
        future: Future[Result] = Future()
        self._calls.put((function, future))
        os.eventfd_write(self._wake, 1)
        return future

    def relay(self, till: str) -> TillRelay:
        return self._relays[till]

    def perform(self, till: str, steps: Iterable[Step]) -> None:
        """Send the messages of the steps, and log what the log should have."""
        for step in steps:
            if isinstance(step, Send):
                self._relays[till].sent(time.monotonic())
                # Without a connection it is lost here, and sent again because it stays unanswered.
                self._channels[till].send_event(step.event)
            elif isinstance(step, Notify) and step.event in _LOGGED:
                level, text = _LOGGED[step.event]
                more = ", ".join(f"{name}: {value}" for name, value in step.details.items() if value is not None)
                log.log(level, "%s: %s%s", till, text, f" ({more})" if more else "")

    def counts(self) -> dict[str, TillCounts]:
        """By till."""
        now_s = time.monotonic()
        return {
            till: TillCounts(
                relay.status(now_s).agent.state, relay.waiting, len(relay.unconfirmed(0, now_s)), relay.problem
            )
            for till, relay in self._relays.items()
        }

    def work(self, stopping: threading.Event) -> None:
        """Serve the agents until `stopping` is set."""
        while not stopping.is_set():
            self._turn()
        self.close()

    def close(self) -> None:
        for channel in self._channels.values():
            channel.close()
        self._store.close()

    def wake(self) -> None:
        os.eventfd_write(self._wake, 1)

    def _turn(self) -> None:
        ready = dict(self._poller.poll(round(TICK_S * 1000)))
        if self._wake in ready:
            os.eventfd_read(self._wake)
        self._run_calls()
        for till, relay in self._relays.items():
            self._receive(till, relay)
            self.perform(till, relay.tick(time.monotonic()))
            self._report(till, relay)
        self.turned_s = time.monotonic()
        if self.turned_s - self._pruned_s > _PRUNE_EVERY_S:
            self._pruned_s = self.turned_s
            with suppress(StoreError):
                self._store.prune()

    def _run_calls(self) -> None:
        while True:
            try:
                function, future = self._calls.get_nowait()
            except queue.Empty:
                return
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(function())
            except Exception as problem:
                future.set_exception(problem)

    def _receive(self, till: str, relay: TillRelay) -> None:
        channel = self._channels[till]
        for _ in range(_MOST_MESSAGES_A_TURN):
            try:
                event = channel.receive_event(0)
            except ValueError as problem:
                log.warning("%s: a message of the agent was not understood: %s", till, problem)
                continue
            if event is None:
                return
            self.perform(till, relay.receive(event, time.monotonic()))

    def _report(self, till: str, relay: TillRelay) -> None:
        """Wake those who wait for something new."""
        now_s = time.monotonic()
        messages = relay.unconfirmed(0, now_s)
        mark = relay.status(now_s).mark, messages[-1].number if messages else 0
        if self._marks.get(till) != mark:
            self._marks[till] = mark
            self._changed(till)

    def _connect(self, entry: TillEntry, agent: str) -> None:
        keys = load_keys(entry.key) if entry.key else None
        if keys and keys.till != entry.name:
            raise UsageError(
                words(
                    "the key {file} is that of till {till}, not of {name}: make one with edge-agent keys new {name}",
                    file=entry.key,
                    till=keys.till,
                    name=entry.name,
                )
            )
        channel = Till(entry.name, entry.agent or agent, keys)
        self._channels[entry.name] = channel
        self._poller.register(channel.socket, zmq.POLLIN)
        self._relays[entry.name] = TillRelay(entry.name, self._store, LiveIdentity(), time.monotonic())
