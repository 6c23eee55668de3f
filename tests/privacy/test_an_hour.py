"""An hour of a lane, with customers, sales and faults, leaves no picture in files, log lines and messages."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import zmq

from tests.privacy.agent import real_s
from tests.privacy.pictures import Finder, Picture, shared_memory_since
from tests.soak.agent import RATE
from tests.soak.till import FastTill

pytestmark = pytest.mark.slow

HOUR_S = 3600.0
LONGEST = 2000
"""Limit for the bytes of a message, a line or a record: a few numbers and words, too short for a face."""

_TILL = 5.0
"""Speed of the till's clock."""
_PLACES = ("HOME", "TMPDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR")


@dataclass
class Hour:
    """What an hour leaves. folder: everywhere the agent may write. messages: all bytes sent on both sockets.

    fresh: new files in /dev/shm, with their contents.
    """

    folder: Path
    log: str
    messages: list[bytes]
    fresh: dict[Path, bytes]
    till: FastTill


class RecordingSocket:
    """A till's socket that records what it receives."""

    def __init__(self, socket: zmq.Socket[bytes], received: list[bytes]) -> None:
        self._socket, self._received = socket, received

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def recv_multipart(self) -> list[bytes]:
        frames = self._socket.recv_multipart()
        self._received += frames
        return frames


class RecordingTill(FastTill):
    """A till that records all bytes it receives."""

    def __init__(self, address: str, speed: float) -> None:
        self.received: list[bytes] = []
        super().__init__(address, speed)

    def _connect(self) -> None:
        super()._connect()
        self._till.socket = cast("zmq.Socket[bytes]", RecordingSocket(self._till.socket, self.received))


def messages_until_a_customer(screen: zmq.Socket[bytes]) -> list[bytes]:
    """What a screen receives until there is a customer, or within a second."""
    messages, end_s = [b""], time.monotonic() + 1.0
    while b'"customer":null' in messages[-1] or b'"customer"' not in messages[-1]:
        if not screen.poll(max(0, round((end_s - time.monotonic()) * 1000))):
            break
        messages += screen.recv_multipart()
    return messages


@pytest.fixture(scope="module")
def hour(demo_clip: Path, shown: list[Picture], tmp_path_factory: pytest.TempPathFactory) -> Hour:
    folder, outside = tmp_path_factory.mktemp("own"), tmp_path_factory.mktemp("outside")
    places = {name: str(folder / name) for name in _PLACES}
    for place in places.values():
        Path(place).mkdir()
    reliable, live = f"ipc://{outside}/reliable", f"ipc://{outside}/live"
    flags = ["--till.reliable", reliable, "--till.live", live, "--metrics.listen", "127.0.0.1:0"]
    command = [sys.executable, "-m", "tests.privacy.agent", str(demo_clip), *flags]
    python = {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    context, before_s = zmq.Context(), time.time()
    screen = context.socket(zmq.SUB)
    screen.subscribe(b"")
    screen.connect(live)
    live_messages: list[bytes] = []
    with (outside / "log").open("wb") as log:
        agent = subprocess.Popen(command, cwd=folder, stderr=log, stdout=log, env=os.environ | places | python)
    till = RecordingTill(reliable, _TILL)
    # The hour begins with the first message of the agent.
    end_s = None
    while end_s is None or time.monotonic() < end_s:
        live_messages += messages_until_a_customer(screen)
        till.sell_once()
        if end_s is None and till.received:
            end_s = time.monotonic() + real_s(HOUR_S, len(shown) / RATE)
    till.close()
    screen.close(linger=0)
    context.term()
    fresh = shared_memory_since(before_s)
    agent.terminate()
    code = agent.wait(120)
    text = (outside / "log").read_text(encoding="utf-8")
    assert code == 0, text
    return Hour(folder, text, [*till.received, *live_messages], fresh, till)


def test_the_hour_had_customers_sales_and_faults(hour: Hour) -> None:
    with closing(sqlite3.connect(hour.folder / "XDG_STATE_HOME" / "edge-agent" / "lane.db")) as database:
        ((records,),) = database.execute("SELECT count(*) FROM audit")
    assert records > 5
    assert any(b'"mean":' in message for message in hour.messages), "ages were estimated"
    assert hour.till.degraded_s > 0, "the camera failed"
    assert {b"CHALLENGE" in message for message in hour.messages} == {True, False}
    assert any(b"lane.state" in message for message in hour.messages), "the live channel was received"


def test_no_file_holds_a_picture(hour: Hour, finder: Finder) -> None:
    assert hour.folder.joinpath("XDG_STATE_HOME", "edge-agent", "lane.db").stat().st_size > 0
    assert finder.find_in(hour.folder) == {}
    assert [file for file, content in hour.fresh.items() if finder.find(content)] == []


def test_only_the_state_folder_was_written(hour: Hour) -> None:
    written = {file.relative_to(hour.folder).parts[:2] for file in hour.folder.rglob("*") if file.is_file()}
    # matplotlib, which a library imports, caches a list of fonts.
    assert written - {("XDG_CACHE_HOME", "matplotlib")} == {("XDG_STATE_HOME", "edge-agent")}


def test_no_record_is_long_enough_for_a_picture(hour: Hour) -> None:
    with closing(sqlite3.connect(hour.folder / "XDG_STATE_HOME" / "edge-agent" / "lane.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        values = [value for table in tables for row in database.execute(f"SELECT * FROM {table}") for value in row]
    assert max(len(str(value)) for value in values) < LONGEST
    assert not any(isinstance(value, bytes) for value in values)


def test_no_line_of_the_log_holds_a_picture(hour: Hour, finder: Finder) -> None:
    assert "tills connect to" in hour.log
    assert finder.find(hour.log.encode()) == set()
    assert max(len(line) for line in hour.log.splitlines()) < LONGEST


def test_no_message_holds_a_picture(hour: Hour, finder: Finder) -> None:
    assert len(hour.messages) > 200
    assert finder.find(b"\n".join(hour.messages)) == set()
    assert max(map(len, hour.messages)) < LONGEST
