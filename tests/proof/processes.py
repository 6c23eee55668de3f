"""An agent and a till as processes that can be killed.

The agent is the real one from the lane on: policy, desk, outbox, audit, sockets. Only the faces are made up: a customer
of 20 or 50 years stands in front of the camera. The processes are forked from one that has imported everything, so that
a start takes milliseconds and hundreds of kills take minutes.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.frames import Frame
from edge.lane.desk import TillDesk
from edge.lane.events import EventLog
from edge.lane.lane import Lane
from edge.lane.publisher import Publisher
from edge.lane.rules import LaneRules
from edge.settings.config import Settings
from edge.settings.sections import TillSettings
from edge.till.identity import LiveIdentity
from edge.till.keys import Keys
from edge.till.reference.actions import CheckedSale
from edge.till.reference.dealer import Till, load_keys
from edge.till.reference.live import LiveTill
from edge.till.reference.sale import TillSale
from edge.till.reference.sent import SentLog
from edge.till.reference.session import TillSession
from edge.till.reference.steps import Notify
from edge.till.server import TillServer
from edge.vision.faces import AGES, Faces
from tests.edge.people import LIMIT

_FRAME_S = 0.02
_PIXELS = np.zeros((48, 64, 3), np.uint8)


@dataclass(frozen=True)
class Place:
    """Folder and addresses of an experiment.

    address: of the agent, as the till sees it. bind: of the agent, if it is another one. key: the till's key file, if
    keys are used. agent_side, till_side: called first in a new process, for example to enter its network namespace.
    http: the port of the gateway, if there is one.
    """

    folder: Path
    address: str
    bind: str = ""
    key: Path | None = None
    agent_side: Callable[[], None] = lambda: None
    till_side: Callable[[], None] = lambda: None
    http: int = 0

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def stop(self) -> Path:
        """The till opens no new sale while this file exists."""
        return self.folder / "stop"

    @property
    def shown(self) -> Path:
        """One line for each alert that the till has shown: its id, its sale, and the sale that was open."""
        return self.folder / "shown"


def agent(place: Place) -> None:
    """An agent that runs until it is killed."""
    place.agent_side()
    settings = Settings(mode="on-sale", state_dir=place.state)
    sockets = TillSettings(reliable=place.bind or place.address, live=f"ipc://{place.folder}/live")
    keys = Keys(place.state / "keys") if place.key else None
    identity = LiveIdentity()
    lane = Lane(LaneRules(settings, {18: LIMIT}, "0123456789ab"), identity)
    server = TillServer(sockets, keys)
    publisher = Publisher(settings, identity, EventLog(None), server)
    desk = TillDesk(settings, lane, identity, publisher, server, time.monotonic())
    sequence = 0
    while True:
        now_s = time.monotonic()
        faces = _customer(20 if int(now_s) % 2 else 50)
        desk.deliver(lane.observe(faces, Frame(_PIXELS, now_s, sequence, "lane-1"), now_s), now_s)
        desk.serve(now_s)
        sequence += 1
        time.sleep(_FRAME_S)


def till(place: Place) -> None:
    """A till that sells beer until the file `stop` exists: some beers are voided, some sales are suspended and resumed,
    some customers show ID before the first scan. After a kill it continues from its journal. Every ID check is made by
    another cashier, so that a record shows which check it has."""
    place.till_side()
    shown = os.open(place.shown, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    session = TillSession("till-1", LiveIdentity(), "anna")

    def notify(notice: Notify) -> None:
        if notice.event == "shown" and not notice.details.get("again"):
            opened = session.sale.sale_id if session.sale else "-"
            os.write(shown, f"{notice.details['alert_id']} {notice.details['sale_id']} {opened}\n".encode())

    channel = Till("till-1", place.address, load_keys(place.key) if place.key else None)
    live = LiveTill(session, channel, SentLog(place.folder / "journal"), notify)
    cashier = Cashier(session, live)
    while session.sale or session.suspended or not place.stop.exists():
        if session.sale is None:
            cashier.begin(only_resume=place.stop.exists())
        cashier.serve()
    live.run_until(lambda: not session.unanswered, 60)
    live.run_for(1.0)


class Cashier:
    """Serves one customer after the other. What was done before a kill is in the session, and is not done again."""

    def __init__(self, session: TillSession, live: LiveTill) -> None:
        self._session, self._live, self._chance = session, live, random.Random()

    def begin(self, *, only_resume: bool) -> None:
        """Open a sale, or resume a suspended one."""
        session = self._session
        if session.suspended and (only_resume or self._happens(0.5)):
            self._live.perform(session.resume(time.monotonic(), self._chance.choice(session.suspended)))
        else:
            if self._happens(0.15):
                self._check(sale="next")
            self._live.perform(session.open_sale(time.monotonic()))
        self._live.run_for(self._chance.uniform(0, 0.2))

    def serve(self) -> None:
        """Scan, ask, and close or suspend the open sale."""
        session, live = self._session, self._live
        if not self._sale().basket:
            live.perform(session.scan("bread", time.monotonic()))
        if not self._sale().restricted:
            live.perform(session.scan("beer", time.monotonic()))
        if self._happens(0.2):
            live.perform(session.scan("beer", time.monotonic()))
        live.run_until(lambda: self._sale().alert is not None, 1.5)
        if self._happens(0.2):
            live.perform(session.suspend(time.monotonic()))
            return
        if self._happens(0.25):
            while self._sale().restricted:
                live.perform(session.remove("beer", time.monotonic()))
                live.run_for(self._chance.uniform(0, 0.05))
        elif self._sale().check is None:
            self._check(sale="open")
        live.run_for(self._chance.uniform(0, 0.1))
        live.perform(session.close_sale(time.monotonic()))

    def _check(self, sale: CheckedSale) -> None:
        self._live.perform(self._session.change_cashier(f"cashier-{self._session.cashier_actions}", time.monotonic()))
        self._live.perform(self._session.check("passed", time.monotonic(), means="document", sale=sale))

    def _sale(self) -> TillSale:
        assert self._session.sale
        return self._session.sale

    def _happens(self, probability: float) -> bool:
        return self._chance.random() < probability


class Process:
    """A forked process that runs `work`. `kill` ends it as a power cut would."""

    def __init__(self, work: Callable[[Place], None], place: Place) -> None:
        self._id = os.fork()
        if self._id == 0:
            code = 1
            try:
                work(place)
                code = 0
            finally:
                os._exit(code)

    def kill(self) -> None:
        os.kill(self._id, signal.SIGKILL)
        os.waitpid(self._id, 0)

    def ended_well(self, within_s: float) -> bool:
        """Wait for its end, and kill it after `within_s`; whether it ended by itself with exit code 0."""
        give_up_s = time.monotonic() + within_s
        while time.monotonic() < give_up_s:
            done, status = os.waitpid(self._id, os.WNOHANG)
            if done:
                return status == 0
            time.sleep(0.02)
        self.kill()
        return False


def _customer(age: int) -> Faces:
    """One face in the middle of the frame, with an age distribution around `age`."""
    probs = np.exp(-(((np.arange(AGES) - age) / 3.0) ** 2) / 2)
    return Faces(
        boxes=np.array([[22, 14, 42, 34]], np.float32),
        keypoints=np.array([[[27, 22], [37, 22], [32, 27], [32, 32]]], np.float32),
        scores=np.array([0.9], np.float32),
        track_ids=np.array([1], np.int64),
        quality=np.array([0.8], np.float32),
        reasons=((),),
        age_probs=np.array([probs / probs.sum()], np.float32),
    )
