"""One lane, from the source of its frames to the sockets of its tills: open, run, close. Starts no thread itself."""

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
from edge.lane.debug_pictures import DebugPictures
from edge.lane.desk import TillDesk, envelope
from edge.lane.events import announce
from edge.lane.health import LaneHealth
from edge.lane.lane import Lane
from edge.lane.ledger import FILED
from edge.lane.observer import Observer
from edge.lane.outcomes import OutgoingMessage
from edge.lane.pipeline import Pipeline
from edge.offers.load import load_offers
from edge.purchases.filing import Filing
from edge.settings.reload import differences
from edge.till.identity import LiveIdentity, ReplayIdentity
from edge.till.keys import Keys, credential
from edge.till.messages import Alert
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
    from edge.offers.book import OfferBook
    from edge.settings.config import Settings
    from edge.till.identity import Identity
    from edge.vision.faces import Faces

log = logging.getLogger(__name__)

_WAIT_S = 0.02
"""How long the loop waits for a frame before it looks after the tills again."""

_STALE_S = 0.1
"""An older frame is not analysed: the next one will be here sooner than what this one shows is true."""


_STUCK_S = 3.0
"""A loop that has not turned for so long is stuck; its tills hear nothing either, and ask everyone."""

_PARTING_S = 2.0
"""How long a lane that stops still serves its tills, at most: the time of an answer, and that of a receipt for it."""


class LaneLoop:
    """One lane. Made in one thread, it may run in another; `stop` and `change` may be called from any."""

    def __init__(
        self, settings: Settings, age_model: AgeModel, bundle: Bundle, events: EventLog,
        box: Callable[[], LaneHealth], source: FrameSource,
    ) -> None:  # fmt: skip
        """Opens and checks everything. bundle: where the age model is from. box: what ails all of the box.
        source: closed at the end.

        Raises UsageError or RunError, one line, for what is missing or wrong.
        """
        self.settings, self.source, self._events, self._box = settings, source, events, box
        self._stopping = threading.Event()
        self._changes: SimpleQueue[tuple[Settings, AgeModel, Bundle, OfferBook | None]] = SimpleQueue()
        self.frames, self.skipped, self.too_old = 0, 0, 0
        """How many were analysed, were not yet due, and were too old to look at."""
        self.cadence = Cadence(settings.detector.rate)
        self.turned_s = time.monotonic()
        """When the loop last went round, with or without a frame; as long as it does, the lane answers."""
        self.slot = LatestFrame()
        self.observer = Observer()
        self.filing = Filing(settings, FILED)
        self.age_model = age_model
        self._challenge_age = challenge_age(settings, bundle)
        with ExitStack() as opened:
            opened.callback(source.close)
            folder = settings.debug_pictures
            self._pictures = DebugPictures(folder / settings.lane) if folder else None
            keys = Keys(settings.keys, credential("agent.key_secret"))
            self._server = None if settings.replay else TillServer(settings.till, keys)
            if self._server:
                opened.callback(self._server.close)
            self._pipeline = Pipeline(settings, age_model)
            opened.callback(self._pipeline.close)
            self._identity: Identity = ReplayIdentity() if settings.replay else LiveIdentity()
            self._lane = Lane(settings, self._challenge_age, bundle.hash, self._identity)
            self._lane.offers = load_offers(settings)
            self.desk: TillDesk | None = None
            if self._server:
                self.desk = TillDesk(
                    settings, self._lane, self._identity, events, self._server, time.monotonic(), self._health,
                    self._announce,
                )  # fmt: skip
                opened.callback(self.desk.close)
            self._opened = opened.pop_all()
        self.timings, self.counts = self._pipeline.timings, self._pipeline.counts

    def run(self) -> None:
        """Run until the source ends or `stop` is called, and close everything. A live source needs somebody who moves
        its frames into the slot, see `edge.frames.capture`."""
        self._say_ages()
        if self._server:
            log.info("lane %s: tills connect to %s, live state on %s", self.settings.lane, *self._server.addresses)
        started_s = self.turned_s = time.monotonic()
        with self._opened:
            if self.desk is None:
                self._replay()
            else:
                self._live(self.desk)
                self._part(self.desk)
        took_s = time.monotonic() - started_s
        self.turned_s = math.inf
        log.info(
            "%d frames in %.1f s, %.1f frames/s, %d dropped for newer ones, %d too old",
            self.frames, took_s, self.frames / max(took_s, 1e-9), self.slot.dropped, self.too_old,
        )  # fmt: skip

    @property
    def health(self) -> LaneHealth:
        """What ails the lane; may be asked from any thread."""
        known = self.desk.health if self.desk else self._health()
        idle_s = time.monotonic() - self.turned_s
        stuck = f"the lane has stood still for {idle_s:.0f} s: restart the agent" if idle_s > _STUCK_S else ""
        return known.with_problem("loop", stuck)

    @property
    def analysing(self) -> bool:
        """Whether ages are wanted now."""
        return self._lane.analysing

    @property
    def offer_rules(self) -> int:
        """How many offers the lane may make now."""
        book = self._lane.offers
        return len(book.rules) if book and not book.sheet.expired(datetime.now(timezone.utc)) else 0

    def frame_age_s(self, now_s: float) -> float:
        """How old the last frame is that was analysed; infinite before the first one."""
        return self._lane.frame_age_s(now_s)

    def stop(self) -> None:
        """Ask a running lane to stop after the frame in hand."""
        self._stopping.set()

    def change(self, settings: Settings, age_model: AgeModel, bundle: Bundle) -> None:
        """Go on with other settings or another age model, between two frames; a sale that a till has open is finished
        with those it began with. What is not in `edge.settings.reload.AT_ONCE` must be as it was."""
        self._changes.put((settings, age_model, bundle, load_offers(settings)))
        if self._lane.open_record:
            log.info("lane %s: other settings count after the sale that is open", settings.lane)

    def close(self) -> None:
        """Let everything go, if `run` has not."""
        self._opened.close()

    def _replay(self) -> None:
        """At the recording's own time, as fast as it goes."""
        while not self._stopping.is_set() and (frame := self.source.read()) is not None:
            if self.cadence.accept(frame.grab_s):
                self._tell(self._look_at(frame, frame.grab_s), frame.grab_s)
            else:
                self._tell(self._lane.tick(frame.grab_s), frame.grab_s)

    def _live(self, desk: TillDesk) -> None:
        """The newest frame, and the tills' messages in between."""
        while not self._stopping.is_set() and not self.slot.ended:
            if not (self._lane.open_record or self._changes.empty()):
                self._take_over(*self._changes.get())
            frame = self.slot.take(_WAIT_S)
            now_s = self.turned_s = time.monotonic()
            if frame is not None and now_s - frame.grab_s > _STALE_S:
                self.too_old += 1
            elif frame is not None and self.cadence.accept(frame.grab_s):
                self.timings.add("grab to start", (now_s - frame.grab_s) * 1000)
                outcomes = self._look_at(frame, None)
                self.cadence.add_cost(time.monotonic() - now_s)
                desk.pass_on(outcomes, time.monotonic())
                self.timings.add("grab to event", (time.monotonic() - frame.grab_s) * 1000)
            else:
                self.skipped += frame is not None
                desk.pass_on(self._lane.tick(now_s), now_s)
                self.observer.tick(self._lane, now_s)
            desk.serve(time.monotonic())

    def _part(self, desk: TillDesk) -> None:
        """Answer what was asked, and give the tills that are there the time to confirm what they were told."""
        until_s = time.monotonic() + _PARTING_S
        while (self._lane.owes_answer or desk.unconfirmed) and time.monotonic() < until_s:
            now_s = time.monotonic()
            desk.pass_on(self._lane.tick(now_s), now_s)
            desk.serve(now_s)
            time.sleep(_WAIT_S)

    def _take_over(
        self, settings: Settings, age_model: AgeModel, bundle: Bundle, offers: OfferBook | None
    ) -> None:  # fmt: skip
        changed = differences(self.settings, settings)
        self.settings, self.age_model, self._challenge_age = settings, age_model, challenge_age(settings, bundle)
        self._pipeline.change(settings, age_model)
        self._lane.change(settings, self._challenge_age, bundle.hash)
        self._lane.offers = offers
        log.info("lane %s: now with settings %s (%s changed), age model %s", settings.lane, settings.hash,
                 ", ".join(changed) or "none", bundle.hash)  # fmt: skip
        self._say_ages()

    def _say_ages(self) -> None:
        legal_age = self.settings.policy.legal_age
        log.info("asks whoever looks younger than %d; legal age %d", self._challenge_age, legal_age)

    def _look_at(self, frame: Frame, now_s: float | None) -> list[Outcome]:
        """What follows from a frame. now_s: when it was analysed; None for when that is done."""
        wanted = self._lane.analysing or self.observer.analysing
        faces = self._pipeline.process(frame, self._due, estimate_ages=wanted)
        self.frames += 1
        if self._pictures:
            self._pictures.see(frame)
        seen_s = time.monotonic() if now_s is None else now_s
        outcomes = self._lane.see(faces, frame, seen_s)
        self.observer.see(self._lane, frame, faces, seen_s)
        return outcomes

    def _due(self, faces: Faces, frame: Frame) -> NDArray[np.bool_]:
        return self._lane.due(faces, frame) | self.observer.due(faces, frame)

    def _announce(self, alert: Alert) -> None:
        announce(alert)
        if self._pictures:
            self._pictures.keep(alert)

    def _health(self) -> LaneHealth:
        """What ails the lane, but for what its desk knows."""
        blind = "no picture from the camera" if self._lane.blind(time.monotonic()) else ""
        return self._box().with_problem("camera", self.source.problem or blind)

    def _tell(self, outcomes: list[Outcome], now_s: float) -> None:
        """To whoever reads the events of a replay, which has no tills."""
        for one in outcomes:
            if isinstance(one, OutgoingMessage):
                self._events.write(envelope(one.data, self.settings.lane, self._identity, now_s))
                if isinstance(one.data, Alert):
                    self._announce(one.data)


def challenge_age(settings: Settings, bundle: Bundle) -> int:
    """The threshold of a lane. Raises UsageError when neither its settings nor the bundle name one."""
    return settings.policy.challenge_age or bundle.challenge_age(settings.policy.risk)
