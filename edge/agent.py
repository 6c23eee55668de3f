"""The running agent: one age model, the lanes that share it, and all their threads. The one place where one starts."""

from __future__ import annotations

import logging
import os
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from edge.ages import BUNDLED
from edge.ages.batcher import Batcher
from edge.ages.bundle import Bundle
from edge.ages.choice import make_age_model
from edge.ages.fallback import FallbackAgeModel
from edge.errors import UsageError
from edge.events import EventLog
from edge.frames import RealTime, VideoFile, capture, open_camera
from edge.health import LaneHealth, report
from edge.lane_loop import LaneLoop
from edge.lanes import Origin
from edge.metrics import metrics_of
from edge.monitor import Monitor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.config import Settings
    from edge.frames import FrameSource
    from edge.web.server import WebServer

log = logging.getLogger(__name__)

FACES_SHOWN = "the setup page shows faces unblurred"

_NOTICE_S = 0.2
"""How long it takes at most until the end of the last lane is noticed."""


class Agent:
    """All lanes of a box."""

    def __init__(self, *lanes: Settings, sources: Sequence[FrameSource] = (), origin: Origin | None = None) -> None:
        """Opens and checks everything. Raises UsageError or RunError, one line, for what is missing or wrong.

        lanes: from `edge.lanes.load_lanes`. sources: where their frames come from instead of the settings' cameras or
        videos, one for each lane. origin: where the settings are from, for the setup page.
        """
        first = lanes[0]
        self._replay = first.replay
        if self._replay and len(lanes) > 1:
            raise UsageError("a replay has one lane: give a config without [[lane]]")
        # Who starts a lane at a terminal wants to know at once that its camera is not there. A service waits for it.
        patient = len(lanes) > 1 or "NOTIFY_SOCKET" in os.environ
        self._failures: list[BaseException] = []
        self._stopping = threading.Event()
        with ExitStack() as opened:
            bundle = Bundle(first.model or BUNDLED)
            self._age_model, choice = make_age_model(bundle, first.ages, first.cache_dir)
            self._batcher = Batcher(self._age_model, deadline_s=first.ages.collect_ms / 1000)
            asked = self._age_model if self._replay else self._batcher
            events = EventLog(first.events)
            self.lanes: list[LaneLoop] = []
            given = iter(sources)
            for one in lanes:
                source = next(given, None) or _open_source(one, patient=patient)
                self.lanes.append(LaneLoop(one, asked, bundle, events, self._box_health, source))
                opened.callback(self.lanes[-1].close)
            self._monitor: Monitor | None = None
            if first.metrics.listen != "off" and not self._replay:
                metrics = metrics_of(self.lanes, bundle, choice, self._age_model, self._batcher)
                self._monitor = Monitor(first.metrics, metrics, lambda: report(self.health))
                opened.callback(self._monitor.close)
            self._web: WebServer | None = None
            if first.web is not None:
                from edge.web.server import WebServer

                self._web = WebServer(self.lanes, origin or Origin())
                opened.callback(self._web.close)
            # Late, so that a start that fails leaves no empty file behind.
            events.open()
            opened.callback(events.close)
            self._opened = opened.pop_all()
        # Late, so that a start that fails says nothing but why.
        log.info("age model %s %s, on %s", bundle.manifest.name, bundle.hash, self._age_model.backend)
        if choice.reason:
            log.info("%s", choice.reason)
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

    def _run_live(self) -> None:
        no_more_faces = threading.Event()
        serving = [self._start("ages", lambda: self._batcher.work(no_more_faces))]
        if isinstance(gpu := self._age_model.uncalibrated, FallbackAgeModel):
            serving.append(self._start("gpu", lambda: _every_second(gpu.tend, no_more_faces)))
        for lane in self.lanes:
            serving.append(self._start(f"camera of {lane.settings.lane}", self._capture(lane)))
        if self._web:
            serving.append(self._start("web", self._web.run))
        running = [self._start(lane.settings.lane, lane.run) for lane in self.lanes]
        if monitor := self._monitor:
            serving.append(self._start("monitor", lambda: monitor.work(no_more_faces)))
        while any(thread.is_alive() for thread in running) and not self._stopping.wait(_NOTICE_S):
            pass
        self.stop()
        # The age model's thread goes last: the frames in hand wait for it.
        for thread in running:
            thread.join()
        if self._web:
            self._web.stop()
        no_more_faces.set()
        for thread in serving:
            thread.join(timeout=1.0)
        if self._failures:
            raise self._failures[0]

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

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        return thread

    @property
    def health(self) -> dict[str, LaneHealth]:
        """What ails each lane, by its name; may be asked from any thread."""
        return {lane.settings.lane: lane.health for lane in self.lanes}

    def _box_health(self) -> LaneHealth:
        """What ails every lane."""
        health = LaneHealth().with_problem("age-model", getattr(self._age_model.uncalibrated, "problem", ""))
        return health.with_problem("privacy", FACES_SHOWN if self.lanes[0].settings.web_unblurred else "")


def _open_source(settings: Settings, *, patient: bool) -> FrameSource:
    if settings.camera is not None:
        return open_camera(settings.camera, settings.lane, _in_background, patient=patient)
    if settings.video is None:
        raise UsageError("no source: give --camera 0, or --video FILE")
    recording = VideoFile(settings.video, settings.lane)
    return recording if settings.replay else RealTime(recording)


def _in_background(body: Callable[[], None], name: str) -> None:
    """Start a thread that ends with the process: a camera's, which may wait for its driver for ever."""
    threading.Thread(target=body, name=name, daemon=True).start()


def _every_second(body: Callable[[], None], done: threading.Event) -> None:
    while not done.wait(1.0):
        body()
