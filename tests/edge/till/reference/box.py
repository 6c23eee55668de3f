"""A real agent for tills on real sockets. Only its camera is made up."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from edge.lane.desk import TillDesk
from edge.lane.events import EventLog
from edge.lane.lane import Lane
from edge.lane.publisher import Publisher
from edge.lane.rules import LaneRules
from edge.settings.config import Settings
from edge.settings.sections import TillSettings
from edge.till.identity import LiveIdentity
from edge.till.keys import Keys
from edge.till.server import TillServer
from tests.edge.people import LIMIT, Person, faces_of, frame_at
from tests.ports import free_port

LONGEST_TURN_S = 0.05


class Box:
    """An agent with real sockets and a real disk."""

    def __init__(self, folder: Path, lane: str = "lane-1", customer: Person | None = None) -> None:
        """customer: who stands in front of the camera; None: there is no camera."""
        self._lane, self._customer = lane, customer
        self._folder, self.address, self._stopping = folder, f"tcp://127.0.0.1:{free_port()}", threading.Event()
        self.keys: Keys | None = None
        self._thread: threading.Thread | None = None

    def key(self, till: str) -> Path:
        """Require keys from now on. Returns the key file of this till."""
        self.keys = Keys(self._folder / "keys")
        self.address = self.address.replace("127.0.0.1", "0.0.0.0")
        file = self._folder / f"{till}.key_secret"
        self.keys.new(till, file, (self.address, self.address))
        return file

    def start(self) -> None:
        ready = threading.Event()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(ready,))
        self._thread.start()
        assert ready.wait(30), "the agent did not start"

    def stop(self) -> None:
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def _run(self, ready: threading.Event) -> None:
        settings, identity = Settings(lane=self._lane, mode="on-sale", state_dir=self._folder), LiveIdentity()
        server = TillServer(TillSettings(reliable=self.address, live=f"ipc://{self._folder}/live"), self.keys)
        self.address = server.addresses[0]
        lane = Lane(LaneRules(settings, {18: LIMIT}, "0123456789ab"), identity)
        publisher = Publisher(settings, identity, EventLog(None), server)
        desk = TillDesk(settings, lane, identity, publisher, server, time.monotonic())
        ready.set()
        now_s = time.monotonic()
        while not self._stopping.wait(0.01):
            # While an answer is owed, the clock waits for a busy machine: the answer takes no fewer frames there.
            now_s = min(time.monotonic(), now_s + LONGEST_TURN_S) if lane.owes_answer else time.monotonic()
            if self._customer:
                desk.deliver(lane.observe(faces_of(self._customer), frame_at(now_s), now_s), now_s)
            desk.deliver(lane.tick(now_s), now_s)
            desk.serve(now_s)
        desk.close()
        server.close()
