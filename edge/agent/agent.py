"""The running agent: starts the lanes of a box with their shared age model, reloads settings, and stops everything."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from edge.agent.metrics import metrics_of
from edge.agent.monitor import Monitor
from edge.agent.privacy import exposures
from edge.agent.reloads import Reloads
from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.worker import AgeWorker
from edge.errors import UsageError
from edge.frames import capture, open_source, start_in_background
from edge.lane.events import EventLog, LiveEventLog
from edge.lane.health import LaneHealth, health_report
from edge.lane.loop import LaneLoop
from edge.language.words import words
from edge.purchases.filing import run_filing
from edge.service.systemd import Service
from edge.settings.author import AT_THE_START, ON_RELOAD, take_author
from edge.settings.lanes import Origin
from edge.settings.reload import change

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.frames import FrameSource
    from edge.settings.author import Author
    from edge.settings.config import Settings
    from edge.web.server import WebServer

log = logging.getLogger(__name__)

_FILING_S = 10.0
"""Time to file the last purchases at the end. Those not filed by then stay in the lane's store until the next start."""

_POLL_S = 0.2
"""How often the main thread checks whether lanes still run."""


class Agent:
    """All lanes of a box."""

    def __init__(
        self, *lanes: Settings, sources: Sequence[FrameSource] = (), origin: Origin | None = None, patient: bool = True
    ) -> None:
        """Opens and checks everything. Raises UsageError or RunError, one line, for anything missing or wrong.

        lanes: from `edge.settings.lanes.load_lanes`. sources: frame sources that replace the cameras or videos of the
        settings, in the order of the lanes. origin: where the settings came from, for the setup page and
        `request_reload`; without it neither can change settings. patient: nobody waits for the start, so wait for
        cameras that are not there yet (`edge.frames.camera.Camera`), and go on without the pages and live channels
        whose addresses are not available, which are tried again and again.
        """
        first = lanes[0]
        self._origin = origin
        self._replay = first.replay
        if self._replay and len(lanes) > 1:
            raise UsageError(words("a replay has one lane: give a config without [[lane]]"))
        self._failures: list[BaseException] = []
        self._serving: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._reload_lock = threading.Lock()
        self._reload_requests: SimpleQueue[None] = SimpleQueue()
        self._reloads = Reloads()
        self._service = Service()
        self._monitor: Monitor | None = None
        self._web: WebServer | None = None
        with ExitStack() as opened:
            ages = AgeWorker(Bundle(first.model or BUNDLED), first)
            self._ages = [ages]
            age_model = ages.model if self._replay else ages.batcher
            self._live_events = LiveEventLog(None if self._replay else first.events)
            events = EventLog(first.events) if self._replay else self._live_events
            self.lanes: list[LaneLoop] = []
            replacements = iter(sources)
            author = AT_THE_START if self._replay else take_author(first.state_dir, AT_THE_START)
            for settings in lanes:
                source = next(replacements, None) or open_source(settings, start_in_background, patient=patient)
                self.lanes.append(
                    LaneLoop(
                        settings, age_model, ages.bundle, events, self._box_health, source, patient=patient,
                        author=author,
                    )
                )  # fmt: skip
                opened.callback(self.lanes[-1].close)
            if first.metrics.listen != "off" and not self._replay:
                metrics = metrics_of(self.lanes, lambda: self._ages[-1])
                self._monitor = Monitor(first.metrics, metrics, self.health_page, patient=patient)
                opened.callback(self._monitor.close)
            if first.web is not None:
                from edge.web.server import WebServer

                self._web = WebServer(self.lanes, origin or Origin(), self.reload if origin else None, patient=patient)
                opened.callback(self._web.close)
            # Opened last, so that a failed start leaves no empty file behind.
            events.open()
            opened.callback(events.close)
            self._opened = opened.pop_all()
        # Logged last, so that a failed start logs nothing but the reason.
        ages.log_backend()
        if self._monitor and self._monitor.address:
            log.info("metrics on %s/metrics, health on %s/healthz", self._monitor.address, self._monitor.address)

    def run(self) -> None:
        """Run until all sources have ended or `stop` is called, then close everything.

        An exception in any thread stops all lanes and is raised here; systemd then restarts the agent.
        """
        with self._opened:
            if self._replay:
                self.lanes[0].run()
            else:
                self._run_live()

    def stop(self) -> None:
        """Request a stop after the current frames. Safe from signal handlers and other threads."""
        self._stopping.set()
        for lane in self.lanes:
            lane.stop()

    def reload(self, lanes: Sequence[Settings], author: Author = ON_RELOAD) -> Sequence[str]:
        """Apply new settings from the next frame on, or from the next sale if a till has one open.

        Returns when the settings are checked and a new model, if any, is loaded and has passed its self-test. Changes
        that need a restart are logged, returned and not applied. Safe from any thread.

        lanes: as for a new agent. author: for the record of changes. Raises UsageError or RunError, one line; then
        nothing has changed.
        """
        with self._reload_lock:
            found = change([lane.settings for lane in self.lanes], lanes)
            ages = self._ages[-1]
            for settings in found.settings.values():
                bundle = Bundle(settings.model or BUNDLED)
                if bundle.manifest != ages.bundle.manifest:
                    ages = AgeWorker(bundle, settings)
            if ages is not self._ages[-1]:
                ages.log_backend()
                self._serve(ages)
                self._ages.append(ages)
            for lane in self.lanes:
                if lane.settings.lane in found.settings:
                    lane.change(found.settings[lane.settings.lane], ages.batcher, ages.bundle, author)
            if found.waiting:
                log.warning("needs a restart: %s", ", ".join(found.waiting))
            return found.waiting

    def request_reload(self) -> None:
        """Request that the settings are loaded from their origin and applied. Safe from signal handlers."""
        self._reload_requests.put(None)

    def _run_live(self) -> None:
        self._serve(self._ages[0])
        if self._live_events.wanted:
            self._start("events", self._live_events.run)
        filings = [lane.filing for lane in self.lanes if lane.filing.wanted]
        lanes_ended = threading.Event()
        filing = self._start("purchases", lambda: run_filing(filings, lanes_ended)) if filings else None
        for lane in self.lanes:
            self._serving.append(self._start(f"camera of {lane.settings.lane}", self._capture(lane)))
        if self._web:
            self._serving.append(self._start("web", self._web.run))
        self._start("settings", self._reload_on_request)
        running = [self._start(lane.settings.lane, lane.run) for lane in self.lanes]
        monitor_stopping = threading.Event()
        if monitor := self._monitor:
            self._serving.append(self._start("monitor", lambda: monitor.work(monitor_stopping)))
        while any(thread.is_alive() for thread in running) and not self._stopping.wait(_POLL_S):
            self._service.progress([lane.turned_s for lane in self.lanes], time.monotonic())
            self._service.status(self._status())
            self._stop_unused_models()
        self._service.stopping()
        self.stop()
        # The age model stops after the lanes: their current frames wait for it.
        for thread in running:
            thread.join()
        if self._web:
            self._web.stop()
        monitor_stopping.set()
        lanes_ended.set()
        for ages in self._ages:
            ages.stop()
        for thread in self._serving:
            thread.join(timeout=1.0)
        if filing:
            filing.join(timeout=_FILING_S)
        if self._failures:
            raise self._failures[0]

    def _status(self) -> str:
        """The state of all lanes, in one line."""
        problems = [f"{lane}: {problem.text}" for lane, health in self.health.items() for problem in health.problems]
        if problems:
            return f"degraded: {'; '.join(problems)}"
        names = ", ".join(lane.settings.lane for lane in self.lanes)
        return f"watching {names}; ages on {self._ages[-1].model.backend}"

    def _serve(self, ages: AgeWorker) -> None:
        self._serving += [self._start(name, body) for name, body in ages.thread_bodies.items()]

    def _stop_unused_models(self) -> None:
        """Stop the age models that no lane uses any more."""
        *old, newest = self._ages
        if old and all(lane.age_model is newest.batcher for lane in self.lanes):
            for ages in old:
                ages.stop()
            # Not all but the last: another thread may have appended a newer model meanwhile.
            del self._ages[: len(old)]

    def _reload_on_request(self) -> None:
        while True:
            self._reload_requests.get()
            self._service.reloading()
            try:
                waiting: Sequence[str] = ()
                if self._origin:
                    author = take_author(self.lanes[0].settings.state_dir, ON_RELOAD)
                    waiting = self.reload(self._origin.load(), author)
                self._reloads.applied(waiting)
            except Exception as problem:  # also from a model's library: the lanes must go on
                why = " ".join(str(problem).split())
                log.error("%s; nothing was changed", why)
                self._reloads.reject(why)
            self._service.reloaded()

    def _capture(self, lane: LaneLoop) -> Callable[[], None]:
        return lambda: capture(lane.source, lane.slot, self._stopping)

    def _start(self, name: str, body: Callable[[], None]) -> threading.Thread:
        """Start a thread. An exception in it stops the agent."""

        def guarded() -> None:
            try:
                body()
            except BaseException as problem:
                self._failures.append(problem)
                self.stop()

        return start_in_background(guarded, name)

    @property
    def health(self) -> dict[str, LaneHealth]:
        """The health of each lane, by its name. Safe from any thread."""
        return {lane.settings.lane: lane.health for lane in self.lanes}

    def health_page(self) -> dict[str, Any]:
        """What /healthz says. Safe from any thread."""
        config, first = self._origin.file if self._origin else None, self.lanes[0].settings
        return {**health_report(first.store, first.box, self.health), "agent": self._reloads.report(config, self.lanes)}

    def _box_health(self) -> LaneHealth:
        """The problems that affect all lanes."""
        health = LaneHealth().with_problem("age-model", self._ages[-1].problem)
        health = health.with_problem("output", self._live_events.problem)
        health = health.with_problem("output", self._monitor.problem if self._monitor else "")
        health = health.with_problem("output", self._web.problem if self._web else "")
        for exposure in exposures(self.lanes[0].settings):
            health = health.with_problem("privacy", exposure.text)
        return health
