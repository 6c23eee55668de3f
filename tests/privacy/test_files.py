"""What a run leaves on the disk: the event log if one was asked for, and a record of words and numbers."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from edge.records.database import Database
from tests.agents import StartAgent
from tests.privacy.pictures import Finder, shared_memory_since
from tests.tills import TillDriver

pytestmark = pytest.mark.slow


def test_a_replay_writes_its_event_log_and_no_picture(demo_clip: Path, tmp_path: Path, finder: Finder) -> None:
    events = tmp_path / "events.jsonl"
    before = time.time()
    command = [sys.executable, "-m", "edge", "--video", str(demo_clip), "--replay", "--events", str(events)]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, timeout=240, check=False)
    assert done.returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["events.jsonl"]
    shared = shared_memory_since(before)
    for written in (events.read_bytes(), done.stdout, done.stderr, *shared.values()):
        assert finder.find(written) == set()
    longest = max(len(line) for line in events.read_bytes().splitlines())
    assert longest < 2000, "an event is a few numbers and words; a face would not fit"


def test_a_sale_leaves_words_and_numbers_on_the_disk(long_clip: Path, start_agent: StartAgent, finder: Finder) -> None:
    agent = start_agent("--video", long_clip)
    with closing(TillDriver("till-1", agent.reliable)) as till:
        till.greet()
        till.decide()
    agent.stop()
    files = {file.name for file in agent.state.rglob("*") if file.is_file()}
    assert {name.partition("-")[0] for name in files} == {"lane.db", "lane.lock"}
    assert finder.find_in(agent.state) == {}
    database = Database(agent.state, read_only=True)
    (_mark, *records) = database.rows("SELECT record FROM audit ORDER BY number")
    database.close()
    assert len(records) == 2, "the settings at the start, and the sale"
    assert max(len(str(record)) for (record,) in records) < 2000, (
        "a sale is a few numbers and words; a face would not fit"
    )
