"""Outputs that a lane can do without: a real full disk, closed pipes, and readers that stop reading."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.lane.events import LiveEventLog
from edge.lane.line_file import LineFile
from edge.settings.outputs import OptionalOutput
from edge.till.envelope import parse, wrap
from edge.till.messages import Hello
from tests.commands import Mount

HELLO = wrap(Hello(till="till-1"), id="1", source="/x", time=datetime(2026, 1, 1, tzinfo=timezone.utc))


@pytest.fixture
def small_disk(mount: Mount) -> Path:
    """A file system of 64 kB and 20 files."""
    return mount("-t", "tmpfs", "-o", "size=64k,nr_inodes=20", "none")


def fill(disk: Path) -> None:
    with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
        while True:
            ballast.write(bytes(1024))


def wait_for(condition: Callable[[], object]) -> None:
    end_s = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end_s, "not within a minute"
        time.sleep(0.01)


def read_all(reader: int) -> bytes:
    """What is in a pipe now."""
    found = b""
    with suppress(BlockingIOError):
        while more := os.read(reader, 65536):
            found += more
    return found


@pytest.fixture
def running() -> Iterator[Callable[[Path], LiveEventLog]]:
    """Opens an event log and runs it in its thread."""
    opened: list[LiveEventLog] = []

    def run(target: Path) -> LiveEventLog:
        log = LiveEventLog(str(target))
        log.open()
        threading.Thread(target=log.run, daemon=True).start()
        opened.append(log)
        return log

    yield run
    for log in opened:
        log.close()


def test_events_that_wait_are_written_before_the_log_is_closed(
    tmp_path: Path, running: Callable[[Path], LiveEventLog]
) -> None:
    log = running(tmp_path / "events.jsonl")
    log.write(HELLO)
    wait_for((tmp_path / "events.jsonl").read_bytes)
    for _ in range(99):
        log.write(HELLO)
    log.close()
    assert len((tmp_path / "events.jsonl").read_bytes().splitlines()) == 100


def test_a_full_disk_loses_events_is_logged_once_and_leaves_no_half_line(
    small_disk: Path, running: Callable[[Path], LiveEventLog], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    file = small_disk / "events.jsonl"
    log = running(file)
    log.write(HELLO)
    wait_for(lambda: file.stat().st_size)
    fill(small_disk)
    for _ in range(200):
        log.write(HELLO)
    wait_for(lambda: log.problem)
    problem = f"the event log {file} cannot be written: No space left on device: make room on its disk, or start its "
    assert log.problem == f"{problem}reader again"
    (small_disk / "ballast").unlink()

    def works() -> bool:
        log.write(HELLO)
        return not log.problem

    wait_for(works)
    log.close()
    lines = file.read_bytes().splitlines()
    assert len(lines) > 2
    assert all(parse(line) == HELLO for line in lines)
    first, last = caplog.messages
    assert first == f"{problem}reader again; the lane goes on"
    assert last.startswith(f"the event log {file} can be written again; ")


def test_a_disk_that_is_full_at_the_start_is_tried_again(
    small_disk: Path, running: Callable[[Path], LiveEventLog]
) -> None:
    # No room even for the name of a file.
    with suppress(OSError):
        for number in range(100):
            (small_disk / f"file-{number}").touch()
    log = running(small_disk / "events.jsonl")
    log.write(HELLO)
    wait_for(lambda: "No space left" in log.problem)
    for file in small_disk.glob("file-*"):
        file.unlink()
    log.write(HELLO)
    wait_for(lambda: not log.problem)


def test_a_reader_that_ends_and_one_that_starts_again(tmp_path: Path, running: Callable[[Path], LiveEventLog]) -> None:
    pipe = tmp_path / "events"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log = running(pipe)
    log.write(HELLO)
    wait_for(lambda: b"lane.hello" in read_all(reader))
    os.close(reader)
    log.write(HELLO)
    wait_for(lambda: "Broken pipe" in log.problem)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log.write(HELLO)
    wait_for(lambda: not log.problem)
    assert parse(read_all(reader)) == HELLO
    os.close(reader)


def test_a_reader_that_does_not_read_delays_nobody(tmp_path: Path, running: Callable[[Path], LiveEventLog]) -> None:
    pipe = tmp_path / "events"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    log = running(pipe)
    for _ in range(5000):
        log.write(HELLO)
    assert "its reader is too slow" in log.problem
    os.close(reader)


def test_a_wrong_target_is_a_wrong_setting(tmp_path: Path) -> None:
    for target, why in ((tmp_path, "Is a directory"), (tmp_path / "gone" / "file", "No such file or directory")):
        with pytest.raises(UsageError, match=f"cannot write events to {target}: {why}"):
            LiveEventLog(str(target)).open()


def test_half_a_line_in_a_pipe_is_ended_before_the_next() -> None:
    reader, writer = os.pipe()
    for descriptor in (reader, writer):
        os.set_blocking(descriptor, False)
    lines = LineFile("-")
    os.dup2(writer, lines._descriptor)
    with pytest.raises(BlockingIOError):
        lines.write(b"x" * 100_000 + b"\n")
    assert read_all(reader)
    lines.write(b"whole\n")
    assert read_all(reader) == b"\nwhole\n"
    for descriptor in (reader, writer):
        os.close(descriptor)
    lines.close()


def test_only_a_patient_output_goes_on_without_being_open() -> None:
    page = OptionalOutput("the page", verb="served")
    with page.opening(patient=True):
        raise UsageError("the address is in use")
    assert page.problem == "the page cannot be served: the address is in use"
    with pytest.raises(UsageError, match="in use"), page.opening(patient=False):
        raise UsageError("the address is in use")
