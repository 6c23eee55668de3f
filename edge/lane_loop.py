"""One lane, from the source of its frames to the sockets of its tills: open, run, close. Starts no thread itself."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from edge.cadence import Cadence
from edge.events import narrate
from edge.frames import LatestFrame
from edge.identity import LiveIdentity, ReplayIdentity
from edge.lane import Lane, Told
from edge.pipeline import Pipeline
from edge.till.desk import TillDesk, envelope
from edge.till.keys import Keys
from edge.till.messages import Alert
from edge.till.server import TillServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.ages import AgeModel
    from edge.ages.bundle import Bundle
    from edge.config import Settings
    from edge.events import EventLog
    from edge.frames import Frame, FrameSource
    from edge.identity import Identity
    from edge.lane import Outcome

log = logging.getLogger(__name__)

_WAIT_S = 0.02
"""How long the loop waits for a frame before it looks after the tills again."""

_STALE_S = 0.1
"""An older frame is not analysed: the next one will be here sooner than what this one shows is true."""


class LaneLoop:
    """One lane. Made in one thread, it may run in another; `stop` may be called from any."""

    def __init__(
        self, settings: Settings, age_model: AgeModel, bundle: Bundle, events: EventLog,
        problems: Callable[[], list[str]], source: FrameSource,
    ) -> None:  # fmt: skip
        """Opens and checks everything. bundle: where the age model is from. problems: what ails the box, for its tills.
        source: closed at the end.

        Raises UsageError or RunError, one line, for what is missing or wrong.
        """
        self.settings, self.source, self._events, self._problems_of_box = settings, source, events, problems
        self._stopping = threading.Event()
        self.frames = 0
        self._cadence = Cadence(settings.detector.rate)
        self.slot = LatestFrame()
        self._challenge_age = settings.policy.challenge_age or bundle.challenge_age(settings.policy.risk)
        with ExitStack() as opened:
            opened.callback(source.close)
            self._server = None if settings.replay else TillServer(settings.till, Keys(settings.keys))
            if self._server:
                opened.callback(self._server.close)
            self._pipeline = Pipeline(settings, age_model)
            opened.callback(self._pipeline.close)
            self._identity: Identity = ReplayIdentity() if settings.replay else LiveIdentity()
            self._lane = Lane(settings, self._challenge_age, bundle.hash, self._identity)
            self._desk: TillDesk | None = None
            if self._server:
                self._desk = TillDesk(
                    settings, self._lane, self._identity, events, self._server, time.monotonic(), self._problems
                )
                opened.callback(self._desk.close)
            self._opened = opened.pop_all()
        self.timings = self._pipeline.timings

    def run(self) -> None:
        """Run until the source ends or `stop` is called, and close everything. A live source needs somebody who moves
        its frames into the slot, see `edge.frames.capture`."""
        legal_age = self.settings.policy.legal_age
        log.info("asks whoever looks younger than %d; legal age %d", self._challenge_age, legal_age)
        if self._server:
            log.info("lane %s: tills connect to %s, live state on %s", self.settings.lane, *self._server.addresses)
        started_s = time.monotonic()
        with self._opened:
            if self._desk is None:
                self._replay()
            else:
                self._live(self._desk)
        took_s = time.monotonic() - started_s
        log.info(
            "%d frames in %.1f s, %.1f frames/s, %d dropped for newer ones",
            self.frames, took_s, self.frames / max(took_s, 1e-9), self.slot.dropped,
        )  # fmt: skip

    def stop(self) -> None:
        """Ask a running lane to stop after the frame in hand."""
        self._stopping.set()

    def close(self) -> None:
        """Let everything go, if `run` has not."""
        self._opened.close()

    def _replay(self) -> None:
        """At the recording's own time, as fast as it goes."""
        while not self._stopping.is_set() and (frame := self.source.read()) is not None:
            if self._cadence.due(frame.grab_s):
                self._tell(self._look_at(frame, frame.grab_s), frame.grab_s)
            else:
                self._tell(self._lane.tick(frame.grab_s), frame.grab_s)

    def _live(self, desk: TillDesk) -> None:
        """The newest frame, and the tills' messages in between."""
        while not self._stopping.is_set() and not self.slot.ended:
            frame = self.slot.take(_WAIT_S)
            now_s = time.monotonic()
            if frame is not None and now_s - frame.grab_s > _STALE_S:
                self.slot.dropped += 1
            elif frame is not None and self._cadence.due(frame.grab_s):
                self.timings.add("grab to start", (now_s - frame.grab_s) * 1000)
                outcomes = self._look_at(frame, None)
                self._cadence.took(time.monotonic() - now_s)
                desk.pass_on(outcomes, time.monotonic())
                self.timings.add("grab to event", (time.monotonic() - frame.grab_s) * 1000)
            else:
                desk.pass_on(self._lane.tick(now_s), now_s)
            desk.serve(time.monotonic())

    def _look_at(self, frame: Frame, now_s: float | None) -> list[Outcome]:
        """What follows from a frame. now_s: when it was analysed; None for when that is done."""
        faces = self._pipeline.process(frame, self._lane.due, estimate_ages=self._lane.analysing)
        self.frames += 1
        return self._lane.see(faces, frame, time.monotonic() if now_s is None else now_s)

    def _problems(self) -> list[str]:
        """What keeps the lane from knowing, for its tills."""
        problems = self._problems_of_box()
        if self.source.problem:
            problems.append(self.source.problem)
        elif self._lane.blind(time.monotonic()):
            problems.append("no picture from the camera")
        return problems

    def _tell(self, outcomes: list[Outcome], now_s: float) -> None:
        """To whoever reads the events of a replay, which has no tills."""
        for one in outcomes:
            if isinstance(one, Told):
                self._events.write(envelope(one.data, self.settings.lane, self._identity, now_s))
                if isinstance(one.data, Alert):
                    log.info(narrate(one.data))
