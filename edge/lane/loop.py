"""Runs one lane, from its frame source to the sockets of its tills: open, run, close. Starts no thread itself."""

from __future__ import annotations

import logging
import math
import threading
import time
from contextlib import ExitStack
from datetime import datetime, timezone
from queue import SimpleQueue
from typing import TYPE_CHECKING

from edge.frames import LatestFrame
from edge.frames.cadence import Cadence
from edge.frames.geometry import as_set
from edge.lane.camera_aim import CameraAim
from edge.lane.debug_pictures import DebugPictures
from edge.lane.desk import TillDesk
from edge.lane.events import log_alert
from edge.lane.health import LaneHealth
from edge.lane.lane import Lane
from edge.lane.ledger import FILED_TABLES
from edge.lane.observer import Observer
from edge.lane.pipeline import Pipeline
from edge.lane.publisher import Publisher
from edge.lane.rules import LaneRules, in_words, load_rules
from edge.purchases.filing import Filing
from edge.settings.author import AT_THE_START, ON_RELOAD
from edge.settings.reload import differences
from edge.till.identity import LiveIdentity, ReplayIdentity
from edge.till.keys import Keys, credential
from edge.till.server import TillServer

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from edge.ages import AgeModel
    from edge.ages.bundle import Bundle
    from edge.frames import Frame, FrameSource
    from edge.lane.events import EventLog
    from edge.lane.outcomes import Outcome
    from edge.settings.author import Author
    from edge.settings.config import Settings
    from edge.till.identity import Identity
    from edge.till.messages import Alert
    from edge.vision.faces import Faces

log = logging.getLogger(__name__)

_FRAME_WAIT_S = 0.02
"""How long the loop waits for a frame before it serves the tills again."""

_STALE_S = 0.1
"""Frames that waited longer are dropped; a newer one arrives before this result would matter."""

_STUCK_S = 3.0
"""A loop that has not turned for this long is stuck. Its tills receive nothing from it, and ask everybody for ID."""

_DRAIN_S = 2.0
"""How long a lane that stops goes on serving its tills, at most: enough for an answer and its confirmation."""


class LaneLoop:
    """One lane. It may be created in one thread and run in another. Any thread may call `stop`, `change` and
    `set_observer`."""

    def __init__(
        self, settings: Settings, age_model: AgeModel, bundle: Bundle, events: EventLog,
        box_health: Callable[[], LaneHealth], source: FrameSource, *, patient: bool = False,
        author: Author = AT_THE_START,
    ) -> None:  # fmt: skip
        """Opens and checks everything. bundle: where the age model is from. box_health: problems that all lanes of the
        box have. source: closed at the end. patient: as for `TillServer`. author: who set these settings, if they
        differ from those that were recorded last.

        Raises UsageError or RunError, one line, for what is missing or wrong.
        """
        self.settings, self.source, self._box_health = settings, source, box_health
        self._stopping = threading.Event()
        self._changes: SimpleQueue[tuple[LaneRules, AgeModel, Author]] = SimpleQueue()
        self._author = author
        self.frames, self.skipped, self.too_old = 0, 0, 0
        """Numbers of frames: analysed, skipped to keep the rate, and dropped because they were too old."""
        self.cadence = Cadence(settings.detector.rate)
        self.turned_s = time.monotonic()
        """When the loop last turned, with or without a frame. While this advances, the lane answers its tills."""
        self.selling = False
        """Whether a till has a sale open."""
        self.slot = LatestFrame()
        self._observer = Observer()
        self._aim, self._aim_problem = CameraAim(), ""
        self.filing = Filing(settings, FILED_TABLES)
        self.age_model = age_model
        self._rules = load_rules(settings, bundle)
        with ExitStack() as opened:
            opened.callback(source.close)
            folder = settings.debug_pictures
            self._pictures = DebugPictures(folder / settings.lane) if folder else None
            keys = Keys(settings.keys, credential("agent.key_secret"))
            self._server = None if settings.replay else TillServer(settings.till, keys, patient=patient)
            if self._server:
                opened.callback(self._server.close)
            self._pipeline = Pipeline(settings, age_model)
            opened.callback(self._pipeline.close)
            identity: Identity = ReplayIdentity() if settings.replay else LiveIdentity()
            self._lane = Lane(self._rules, identity)
            self._publisher = Publisher(settings, identity, events, self._server, self._announce)
            self.desk: TillDesk | None = None
            if self._server:
                self.desk = TillDesk(
                    settings, self._lane, identity, self._publisher, self._server, time.monotonic(), self._health
                )
                opened.callback(self.desk.close)
            self._opened = opened.pop_all()
        self.timings, self.counts = self._pipeline.timings, self._pipeline.counts

    def run(self) -> None:
        """Run until the source ends or `stop` is called, then close everything. A live source needs another thread that
        moves its frames into the slot, see `edge.frames.capture`."""
        self._log_limits()
        if self._server:
            log.info("tills connect to %s, live state on %s", *self._server.addresses)
        started_s = self.turned_s = time.monotonic()
        with self._opened:
            if self.desk is None:
                self._run_replay()
            else:
                self._note_settings(self.desk, self._author)
                self._run_live(self.desk)
                self._drain(self.desk)
        took_s = time.monotonic() - started_s
        self.turned_s = math.inf
        log.info(
            "%d frames in %.1f s, %.1f frames/s, %d dropped for newer ones, %d too old",
            self.frames, took_s, self.frames / max(took_s, 1e-9), self.slot.dropped, self.too_old,
        )  # fmt: skip

    def stop(self) -> None:
        """Ask a running lane to stop after the current frame."""
        self._stopping.set()

    def close(self) -> None:
        """Close everything, if `run` has not done so."""
        self._opened.close()

    def set_observer(self, observer: Observer) -> None:
        """Let an observer watch the lane from the next frame on, instead of the one before."""
        self._observer = observer

    def change(self, settings: Settings, age_model: AgeModel, bundle: Bundle, author: Author = ON_RELOAD) -> None:
        """Use other settings or another age model from the next frame on, or after the sale that a till has open. Only
        settings in `edge.settings.reload.AT_ONCE` may differ from the current ones. author: recorded when they take
        effect. Raises UsageError as `load_rules`."""
        self._changes.put((load_rules(settings, bundle), age_model, author))
        if self._lane.open_sales:
            log.info("the new settings apply after the open sale", extra={"lane": settings.lane})

    @property
    def changing(self) -> bool:
        """Whether other settings wait for the end of the open sale."""
        return not self._changes.empty()

    @property
    def health(self) -> LaneHealth:
        """The lane's problems. This and the other properties may be read from any thread."""
        health = self.desk.health if self.desk else self._health()
        idle_s = time.monotonic() - self.turned_s
        stuck = f"the lane's loop has not turned for {idle_s:.0f} s: restart the agent" if idle_s > _STUCK_S else ""
        return health.with_problem("loop", stuck)

    @property
    def analysing(self) -> bool:
        """Whether the lane wants ages to be estimated now."""
        return self._lane.analysing

    @property
    def offer_rules(self) -> int:
        """How many offer rules the lane uses now."""
        book = self._rules.offers
        return len(book.rules) if book and not book.sheet.expired(datetime.now(timezone.utc)) else 0

    def frame_age_s(self, now_s: float) -> float:
        """Age of the last analysed frame; infinite before the first."""
        return self._lane.frame_age_s(now_s)

    def _run_replay(self) -> None:
        """All frames as fast as possible. The clock is the recording's."""
        while not self._stopping.is_set() and (frame := self.source.read()) is not None:
            if self.cadence.accept(frame.grab_s):
                outcomes = self._analyse(frame, frame.grab_s)
            else:
                outcomes = self._lane.tick(frame.grab_s)
            self._publisher.publish_all(outcomes, frame.grab_s)

    def _run_live(self, desk: TillDesk) -> None:
        """The newest frame of the camera, and the tills' messages between two frames."""
        while not self._stopping.is_set() and not self.slot.ended:
            if not (self._lane.open_sales or self._changes.empty()):
                self._apply(desk, *self._changes.get())
            frame = self.slot.take(_FRAME_WAIT_S)
            now_s = self.turned_s = time.monotonic()
            if frame is not None and self.slot.waited_s > _STALE_S:
                self.too_old += 1
            elif frame is not None and self.cadence.accept(frame.grab_s):
                self.timings.add("grab to start", (now_s - frame.grab_s) * 1000)
                outcomes = self._analyse(frame, None)
                self.cadence.add_cost(time.monotonic() - now_s)
                desk.deliver(outcomes, time.monotonic())
                self.timings.add("grab to event", (time.monotonic() - frame.grab_s) * 1000)
            else:
                self.skipped += frame is not None
                desk.deliver(self._lane.tick(now_s), now_s)
                self._observer.tick(self._lane, now_s)
            desk.serve(time.monotonic())
            self.selling = bool(self._lane.open_sales)
            self._check_aim(desk.counts.closed, now_s)

    def _check_aim(self, closed: int, now_s: float) -> None:
        # In a squeezed picture no face is measured, wherever the camera looks.
        blind = self._lane.camera_lost(now_s) or bool(self._pipeline.distortion.problem)
        self._aim.follow(closed, self.counts, now_s, blind=blind)
        problem = self._aim.problem(self.counts, self.settings.picture)
        if problem and not self._aim_problem:
            log.warning("%s", problem)
        elif self._aim_problem and not problem:
            log.info("faces are measured again")
        self._aim_problem = problem

    def _drain(self, desk: TillDesk) -> None:
        """Send the answer that is owed, and give connected tills time to confirm their alerts."""
        until_s = time.monotonic() + _DRAIN_S
        while (self._lane.owes_answer or desk.awaits_confirmation) and time.monotonic() < until_s:
            now_s = time.monotonic()
            desk.deliver(self._lane.tick(now_s), now_s)
            desk.serve(now_s)
            time.sleep(_FRAME_WAIT_S)

    def _analyse(self, frame: Frame, now_s: float | None) -> list[Outcome]:
        """Send a frame through the pipeline and the lane. now_s: the time of the result; None to read the clock."""
        frame = as_set(frame, self.settings.picture)
        estimate_ages = self._lane.analysing or self._observer.analysing
        faces = self._pipeline.process(frame, self._should_sample, estimate_ages=estimate_ages)
        self.frames += 1
        if now_s is None and self._lane.open_sales and (turn := self._aim.turn_to_try(frame.grab_s)):
            self._aim.add_turn(self._pipeline.turn_of(frame, turn))
        if self._pictures:
            self._pictures.set_frame(frame)
        done_s = time.monotonic() if now_s is None else now_s
        outcomes = self._lane.observe(faces, frame, done_s)
        self._observer.observe(self._lane, frame, faces, done_s)
        return outcomes

    def _should_sample(self, faces: Faces, frame: Frame) -> NDArray[np.bool_]:
        return self._lane.should_sample(faces, frame) | self._observer.should_sample(faces, frame)

    def _announce(self, alert: Alert) -> None:
        log_alert(alert)
        if self._pictures:
            self._pictures.save(alert)

    def _health(self) -> LaneHealth:
        """All problems but those of the desk and of the loop itself."""
        lost = "no picture from the camera" if self._lane.camera_lost(time.monotonic()) else ""
        health = self._box_health().with_problem("camera", self.source.problem or lost)
        if not health.has_problem("camera"):
            health = health.with_problem("camera", self._aim_problem)
        health = health.with_problem("picture", self._pipeline.distortion.problem)
        health = health.with_problem("output", self._pictures.problem if self._pictures else "")
        health = health.with_problem("output", self.filing.problem)
        return health.with_problem("output", self._server.problem if self._server else "")

    def _apply(self, desk: TillDesk, rules: LaneRules, age_model: AgeModel, author: Author) -> None:
        changed = differences(self.settings, rules.settings)
        self._rules, self.settings, self.age_model = rules, rules.settings, age_model
        self._pipeline.change(rules.settings, age_model)
        self._aim.reset()
        self._lane.change(rules)
        self._note_settings(desk, author)
        log.info("now with settings %s (%s changed), age model %s", self.settings.hash, ", ".join(changed) or "none",
                 rules.model_hash)  # fmt: skip
        self._log_limits()

    def _note_settings(self, desk: TillDesk, author: Author) -> None:
        desk.note_settings(self._rules.in_force(author, datetime.now(timezone.utc)))

    def _log_limits(self) -> None:
        log.info("asks for ID %s", in_words(self._rules.limits.values()), extra={"lane": self.settings.lane})
