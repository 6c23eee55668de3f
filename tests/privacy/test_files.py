"""What a run leaves on the disk: the events that were asked for, and a record of words and numbers."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from edge.records.database import Database
from edge.till.messages import Alert, Hello, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till
from tests.privacy.pictures import Finder


def lane_command(clip: Path) -> list[str]:
    sockets = ["--till.reliable", "tcp://127.0.0.1:*", "--till.live", "tcp://127.0.0.1:*"]
    return [sys.executable, "-m", "edge", "run", "--video", str(clip), *sockets]


def test_a_run_writes_no_file_and_no_picture(demo_clip: Path, tmp_path: Path, finder: Finder) -> None:
    """The only file that appears is the event log that was asked for, and it holds no picture."""
    events = tmp_path / "events.jsonl"
    before = time.time()
    command = [sys.executable, "-m", "edge", "--video", str(demo_clip), "--replay", "--events", str(events)]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, timeout=240, check=False)
    assert done.returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["events.jsonl"]
    fresh = [file for file in Path("/dev/shm").iterdir() if file.is_file() and file.stat().st_mtime > before]
    for written in (events.read_bytes(), done.stdout, done.stderr, *(file.read_bytes() for file in fresh)):
        assert finder.find(written) == set()
    longest = max(len(line) for line in events.read_bytes().splitlines())
    assert longest < 2000, "an event is a few numbers and words; a face would not fit"


def test_what_a_sale_leaves_on_disk_is_words_and_numbers(demo_clip: Path, tmp_path: Path, finder: Finder) -> None:
    reliable, state = f"ipc://{tmp_path}/reliable", tmp_path / "state"
    command = [*lane_command(demo_clip), "--till.reliable", reliable, "--state-dir", str(state)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as agent:
        till = Till("till-1", reliable)
        for message in (Hello(till="till-1"), SaleOpened(sale_id="s-1"), RestrictedItem(sale_id="s-1")):
            till.send(message)
        while not isinstance(till.receive(30), Alert):
            pass
        till.send(SaleClosed(sale_id="s-1"))
        assert agent.wait(60) == 0
        till.close()
    left = {file.name: file.read_bytes() for file in state.rglob("*") if file.is_file()}
    assert {name.partition("-")[0] for name in left} == {"lane.db", "lane.lock"}
    assert finder.find_in(state) == {}
    database = Database(state, read_only=True)
    [(record,)] = database.rows("SELECT record FROM audit")
    database.close()
    assert len(str(record)) < 2000, "a sale is a few numbers and words; a face would not fit"
