"""A real agent without a camera, for tills on real sockets."""

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


class Box:
    """An agent with real sockets and a real disk, but without a camera: it never sees a customer."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.address, self._stopping = folder, "tcp://127.0.0.1:*", threading.Event()
        self.keys: Keys | None = None
        self._thread: threading.Thread | None = None

    def key(self, till: str) -> Path:
        """Require keys from now on. Returns the key file of this till."""
        self.keys, self.address = Keys(self._folder / "keys"), "tcp://0.0.0.0:*"
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
        settings, identity = Settings(mode="on-sale", state_dir=self._folder), LiveIdentity()
        server = TillServer(TillSettings(reliable=self.address, live=f"ipc://{self._folder}/live"), self.keys)
        self.address = server.addresses[0]
        lane = Lane(LaneRules(settings, {18: 25}, "0123456789ab"), identity)
        publisher = Publisher(settings.lane, identity, EventLog(None), server)
        desk = TillDesk(settings, lane, identity, publisher, server, time.monotonic())
        ready.set()
        while not self._stopping.wait(0.01):
            now_s = time.monotonic()
            desk.deliver(lane.tick(now_s), now_s)
            desk.serve(now_s)
        desk.close()
        server.close()
