"""The running agent: start, run, drain, stop. The one place where a thread is started."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from edge.ages import BUNDLED
from edge.ages.batcher import Batcher
from edge.ages.bundle import Bundle
from edge.ages.choice import make_age_model
from edge.ages.fallback import FallbackAgeModel
from edge.errors import UsageError
from edge.events import EventLog, narrate
from edge.frames import LatestFrame, RealTime, VideoFile, capture, open_camera
from edge.identity import LiveIdentity, ReplayIdentity
from edge.lane import Lane, Told
from edge.pipeline import Pipeline
from edge.till.desk import TillDesk, envelope
from edge.till.keys import Keys
from edge.till.messages import Alert
from edge.till.server import TillServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edge.config import Settings
    from edge.frames import Frame, FrameSource
    from edge.identity import Identity
    from edge.lane import Outcome

log = logging.getLogger(__name__)

_WAIT_S = 0.02
"""How long the loop waits for a frame before it looks after the tills again."""


class Agent:
    """One lane, from the source of its frames to the sockets of its tills."""

    def __init__(self, settings: Settings, source: FrameSource | None = None) -> None:
        """Opens and checks everything. Raises UsageError or RunError, one line, for what is missing or wrong.

        source: where frames come from instead of the settings' camera or video.
        """
        if source is None and settings.camera is None and settings.video is None:
            raise UsageError("no source: give --camera 0, or --video FILE")
        self._settings = settings
        self._stopping = threading.Event()
        self.frames = 0
        self.slot = LatestFrame()
        with ExitStack() as opened:
            bundle = Bundle(settings.model or BUNDLED)
            challenge_age = settings.policy.challenge_age or bundle.challenge_age(settings.policy.risk)
            self._age_model, choice = make_age_model(bundle, settings.ages, settings.cache_dir)
            self._source = source or _open_source(settings)
            opened.callback(self._source.close)
            self._server = None if settings.replay else TillServer(settings.till, Keys(settings.state_dir / "keys"))
            if self._server:
                opened.callback(self._server.close)
            self._batcher = Batcher(self._age_model, deadline_s=settings.ages.collect_ms / 1000)
            self._pipeline = Pipeline(settings, self._age_model if settings.replay else self._batcher)
            opened.callback(self._pipeline.close)
            # Late, so that a start that fails leaves no empty file behind.
            self._events = EventLog(settings.events)
            opened.callback(self._events.close)
            self._identity: Identity = ReplayIdentity() if settings.replay else LiveIdentity()
            self._lane = Lane(settings, challenge_age, bundle.hash, self._identity)
            self._desk: TillDesk | None = None
            if self._server:
                self._desk = TillDesk(
                    settings, self._lane, self._identity, self._events, self._server, time.monotonic(), self._problems
                )
                opened.callback(self._desk.close)
            self._opened = opened.pop_all()
        log.info("age model %s %s, on %s", bundle.manifest.name, bundle.hash, self._age_model.backend)
        if choice.reason:
            log.info("%s", choice.reason)
        log.info("asks whoever looks younger than %d; legal age %d", challenge_age, settings.policy.legal_age)
        self.timings = self._pipeline.timings

    def run(self) -> None:
        """Run until the source ends or a signal comes, and close everything."""
        started_s = time.monotonic()
        with self._opened:
            if self._settings.replay:
                self._replay()
            else:
                self._live()
        took_s = time.monotonic() - started_s
        log.info(
            "%d frames in %.1f s, %.1f frames/s, %d dropped for newer ones",
            self.frames, took_s, self.frames / max(took_s, 1e-9), self.slot.dropped,
        )  # fmt: skip

    def stop(self) -> None:
        """Ask a running agent to stop after the frame in hand; safe from signal handlers and other threads."""
        self._stopping.set()

    def _replay(self) -> None:
        """Every frame, at the recording's own time, as fast as it goes."""
        while not self._stopping.is_set() and (frame := self._source.read()) is not None:
            self._take_in(frame)

    def _live(self) -> None:
        """The newest frame, and the tills' messages in between."""
        assert self._server
        assert self._desk
        log.info("lane %s: tills connect to %s, live state on %s", self._settings.lane, *self._server.addresses)
        with self._threads():
            while not self._stopping.is_set() and not self.slot.ended:
                frame = self.slot.take(_WAIT_S)
                if frame is not None:
                    self._take_in(frame)
                else:
                    now_s = time.monotonic()
                    self._pass_on(self._lane.tick(now_s), now_s)
                self._desk.serve(time.monotonic())

    @contextmanager
    def _threads(self) -> Iterator[None]:
        """Beside this one: the camera's, the age model's, and one that looks after a GPU. The age model's ends after
        the frame in hand, which waits for it."""
        done = threading.Event()
        bodies: dict[str, Callable[[], None]] = {
            "capture": lambda: capture(self._source, self.slot, self._stopping),
            "ages": lambda: self._batcher.work(done),
        }
        if isinstance(gpu := self._age_model.uncalibrated, FallbackAgeModel):
            bodies["gpu"] = lambda: _every_second(gpu.tend, done)
        threads = [threading.Thread(target=body, name=name, daemon=True) for name, body in bodies.items()]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop()
            done.set()
            for thread in threads:
                thread.join(timeout=1.0)

    def _problems(self) -> list[str]:
        """What is wrong with the age model, for the tills."""
        problem = getattr(self._age_model.uncalibrated, "problem", "")
        return [problem] if problem else []

    def _take_in(self, frame: Frame) -> None:
        faces = self._pipeline.process(frame, estimate_ages=self._lane.analysing)
        now_s = frame.grab_s if self._settings.replay else time.monotonic()
        self._pass_on(self._lane.see(faces, frame, now_s), now_s)
        if not self._settings.replay:
            self.timings.add("grab to event", (time.monotonic() - frame.grab_s) * 1000)
        self.frames += 1

    def _pass_on(self, outcomes: list[Outcome], now_s: float) -> None:
        """To the tills; in a replay, which has none, to whoever reads the events."""
        if self._desk:
            self._desk.pass_on(outcomes, now_s)
            return
        for one in outcomes:
            if isinstance(one, Told):
                self._events.write(envelope(one.data, self._settings.lane, self._identity, now_s))
                if isinstance(one.data, Alert):
                    log.info(narrate(one.data))


def _every_second(body: Callable[[], None], done: threading.Event) -> None:
    while not done.wait(1.0):
        body()


def _open_source(settings: Settings) -> FrameSource:
    if settings.camera is not None:
        return open_camera(settings.camera, settings.lane)
    assert settings.video is not None
    recording = VideoFile(settings.video, settings.lane)
    return recording if settings.replay else RealTime(recording)
