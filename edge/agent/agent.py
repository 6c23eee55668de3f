"""The running agent: one age model, the lanes that share it, and all their threads. The one place where one starts."""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import ExitStack
from queue import SimpleQueue
from typing import TYPE_CHECKING

from edge.agent.metrics import metrics_of
from edge.agent.monitor import Monitor
from edge.agent.privacy import exposures
from edge.agent.service import Service
from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.worker import AgeWorker
from edge.errors import UsageError
from edge.frames import capture, open_source, start_in_background
from edge.lane.events import EventLog
from edge.lane.health import LaneHealth, report
from edge.lane.loop import LaneLoop
from edge.lane.rules import challenge_age
from edge.purchases.filing import run_filing
from edge.settings.lanes import Origin
from edge.settings.reload import change

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.frames import FrameSource
    from edge.settings.config import Settings
    from edge.web.server import WebServer

log = logging.getLogger(__name__)

_FILED_S = 10.0
"""How long filing the last purchases may take; what is not filed by then waits in the journal."""

_NOTICE_S = 0.2
"""How long it takes at most until the end of the last lane is noticed."""


class Agent:
    """All lanes of a box."""

    def __init__(self, *lanes: Settings, sources: Sequence[FrameSource] = (), origin: Origin | None = None) -> None:
        """Opens and checks everything. Raises UsageError or RunError, one line, for what is missing or wrong.

        lanes: from `edge.settings.lanes.load_lanes`. sources: where their frames come from instead of the settings'
        cameras or videos, one for each lane. origin: where the settings are from, for the setup page and `read_again`.
        """
        first = lanes[0]
        self._origin = origin
        self._replay = first.replay
        if self._replay and len(lanes) > 1:
            raise UsageError("a replay has one lane: give a config without [[lane]]")
        # Who starts a lane at a terminal wants to know at once that its camera is not there. A service waits for it.
        patient = len(lanes) > 1 or "NOTIFY_SOCKET" in os.environ
        self._failures: list[BaseException] = []
        self._serving: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._one_reloads = threading.Lock()
        self._asked_to_read: SimpleQueue[None] = SimpleQueue()
        self._service = Service()
        with ExitStack() as opened:
            ages = AgeWorker(Bundle(first.model or BUNDLED), first)
            self._ages = [ages]
            asked = ages.model if self._replay else ages.batcher
            events = EventLog(first.events)
            self.lanes: list[LaneLoop] = []
            given = iter(sources)
            for one in lanes:
                source = next(given, None) or open_source(one, start_in_background, patient=patient)
                self.lanes.append(LaneLoop(one, asked, ages.bundle, events, self._box_health, source))
                opened.callback(self.lanes[-1].close)
            self._monitor: Monitor | None = None
            if first.metrics.listen != "off" and not self._replay:
                metrics = metrics_of(self.lanes, lambda: self._ages[-1])
                self._monitor = Monitor(first.metrics, metrics, lambda: report(self.health))
                opened.callback(self._monitor.close)
            self._web: WebServer | None = None
            if first.web is not None:
                from edge.web.server import WebServer

                self._web = WebServer(self.lanes, origin or Origin(), self.reload if origin else None)
                opened.callback(self._web.close)
            # Late, so that a start that fails leaves no empty file behind.
            events.open()
            opened.callback(events.close)
            self._opened = opened.pop_all()
        # Late, so that a start that fails says nothing but why.
        ages.log_backend()
        if self._monitor:
            log.info("metrics on %s/metrics, health on %s/healthz", self._monitor.address, self._monitor.address)

    def run(self) -> None:
        """Run until all sources have ended or a signal comes, and close everything. What stops one lane stops all, and
        is raised: whoever started the agent starts it again."""
        with self._opened:
            if self._replay:
                self.lanes[0].run()
            else:
                self._run_live()

    def stop(self) -> None:
        """Ask a running agent to stop after the frames in hand; safe from signal handlers and other threads."""
        self._stopping.set()
        for lane in self.lanes:
            lane.stop()

    def reload(self, lanes: Sequence[Settings]) -> None:
        """Go on with other settings, from the next frame on, or the next sale where a till has one open. Safe from any
        thread; returns when they are checked and, if the bundle is another, its model is loaded and has passed its
        self-test. What must wait for a restart is told in the log, and left as it is.

        lanes: as for a new agent. Raises UsageError or RunError, one line: then nothing has changed.
        """
        with self._one_reloads:
            found = change([lane.settings for lane in self.lanes], lanes)
            ages = self._ages[-1]
            for settings in found.settings.values():
                bundle = Bundle(settings.model or BUNDLED)
                # So that a bundle that names no threshold is refused here, and not by the lane.
                challenge_age(settings, bundle)
                if bundle.manifest != ages.bundle.manifest:
                    ages = AgeWorker(bundle, settings)
            if ages is not self._ages[-1]:
                ages.log_backend()
                self._serve(ages)
                self._ages.append(ages)
            for lane in self.lanes:
                if lane.settings.lane in found.settings:
                    lane.change(found.settings[lane.settings.lane], ages.batcher, ages.bundle)
            if found.waiting:
                log.warning("counts after a restart only: %s", ", ".join(found.waiting))

    def read_again(self) -> None:
        """Ask a running agent to read its settings again and to `reload` them; safe from signal handlers."""
        self._asked_to_read.put(None)

    def _run_live(self) -> None:
        self._serve(self._ages[0])
        filings = [lane.filing for lane in self.lanes if lane.filing.wanted]
        lanes_ended = threading.Event()
        filing = self._start("purchases", lambda: run_filing(filings, lanes_ended)) if filings else None
        for lane in self.lanes:
            self._serving.append(self._start(f"camera of {lane.settings.lane}", self._capture(lane)))
        if self._web:
            self._serving.append(self._start("web", self._web.run))
        self._start("settings", self._read_when_asked)
        running = [self._start(lane.settings.lane, lane.run) for lane in self.lanes]
        no_more_news = threading.Event()
        if monitor := self._monitor:
            self._serving.append(self._start("monitor", lambda: monitor.work(no_more_news)))
        while any(thread.is_alive() for thread in running) and not self._stopping.wait(_NOTICE_S):
            self._service.progress([lane.turned_s for lane in self.lanes], time.monotonic())
            self._service.status(self._words())
            self._retire()
        self._service.stopping()
        self.stop()
        # The age model's threads go last: the frames in hand wait for them.
        for thread in running:
            thread.join()
        if self._web:
            self._web.stop()
        no_more_news.set()
        lanes_ended.set()
        for ages in self._ages:
            ages.stop()
        for thread in self._serving:
            thread.join(timeout=1.0)
        if filing:
            filing.join(timeout=_FILED_S)
        if self._failures:
            raise self._failures[0]

    def _words(self) -> str:
        """How the lanes are, in a line."""
        problems = [f"{lane}: {one.text}" for lane, health in self.health.items() for one in health.problems]
        if problems:
            return f"degraded: {'; '.join(problems)}"
        names = ", ".join(lane.settings.lane for lane in self.lanes)
        return f"watching {names}; ages on {self._ages[-1].model.backend}"

    def _serve(self, ages: AgeWorker) -> None:
        self._serving += [self._start(name, body) for name, body in ages.thread_bodies.items()]

    def _retire(self) -> None:
        """Let the age models go that no lane asks any more."""
        *old, newest = self._ages
        if old and all(lane.age_model is newest.batcher for lane in self.lanes):
            for ages in old:
                ages.stop()
            # Meanwhile there may be one newer still.
            del self._ages[: len(old)]

    def _read_when_asked(self) -> None:
        while True:
            self._asked_to_read.get()
            self._service.reloading()
            try:
                if self._origin:
                    self.reload(self._origin.load())
            except Exception as problem:  # whatever a model's library throws, too: the lanes go on
                log.error("%s; everything stays as it was", " ".join(str(problem).split()))
            self._service.reloaded()

    def _capture(self, lane: LaneLoop) -> Callable[[], None]:
        return lambda: capture(lane.source, lane.slot, self._stopping)

    def _start(self, name: str, body: Callable[[], None]) -> threading.Thread:
        """Start a thread; what ends it early ends the agent."""

        def guarded() -> None:
            try:
                body()
            except BaseException as problem:
                self._failures.append(problem)
                self.stop()

        return start_in_background(guarded, name)

    @property
    def health(self) -> dict[str, LaneHealth]:
        """What ails each lane, by its name; may be asked from any thread."""
        return {lane.settings.lane: lane.health for lane in self.lanes}

    def _box_health(self) -> LaneHealth:
        """What ails every lane."""
        health = LaneHealth().with_problem("age-model", self._ages[-1].problem)
        for exposure in exposures(self.lanes[0].settings):
            health = health.with_problem("privacy", exposure.text)
        return health
