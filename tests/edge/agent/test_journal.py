"""The agent's own log: fields in systemd's journal, plain lines elsewhere, and nothing twice."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.agent.journal import JournalHandler

LANES = ("lane-1", "wine")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of a journal."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as taker:
        taker.bind(str(tmp_path / "journal"))
        taker.settimeout(5)
        yield taker


@pytest.fixture
def log(journal: socket.socket) -> Iterator[logging.Logger]:
    """A logger that writes to it and nowhere else."""
    handler = JournalHandler(LANES, Path(journal.getsockname()))
    logger = logging.Logger("edge.test")
    logger.addHandler(handler)
    yield logger
    handler.close()


def entry(journal: socket.socket) -> dict[str, str]:
    """The next entry, by its fields; these are all short ones."""
    text = journal.recv(65536).decode()
    return dict(line.split("=", 1) for line in text.splitlines())


def test_a_line_is_an_entry_with_its_priority(log: logging.Logger, journal: socket.socket) -> None:
    log.warning("the GPU still fails (%s)", "out of memory")
    assert entry(journal) == {
        "MESSAGE": "the GPU still fails (out of memory)",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "edge-agent",
        "LOGGER": "edge.test",
    }


def test_an_answer_can_be_searched_for_by_its_sale_and_decision(log: logging.Logger, journal: socket.socket) -> None:
    log.info("ask", extra={"sale": "s-1", "alert": "a-1", "decision": "UNKNOWN", "reasons": "no-face"})
    found = entry(journal)
    assert (found["SALE"], found["ALERT"], found["DECISION"], found["REASONS"]) == ("s-1", "a-1", "UNKNOWN", "no-face")


def test_what_is_not_meant_for_the_journal_does_not_get_there(log: logging.Logger, journal: socket.socket) -> None:
    log.info("sold", extra={"cashier_id": "anna", "sale": "s-1"})
    assert set(entry(journal)) == {"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "LOGGER", "SALE"}


@pytest.mark.parametrize("thread", ["wine", "camera of wine"])
def test_a_line_of_a_lane_names_it(thread: str, log: logging.Logger, journal: socket.socket) -> None:
    speaker = threading.Thread(target=log.info, args=("no picture",), name=thread)
    speaker.start()
    speaker.join()
    assert entry(journal)["LANE"] == "wine"


def test_where_there_is_one_lane_every_line_is_its_own(journal: socket.socket) -> None:
    handler = JournalHandler(["lane-1"], Path(journal.getsockname()))
    handler.handle(logging.makeLogRecord({"msg": "age model research", "levelno": logging.INFO}))
    handler.close()
    assert entry(journal)["LANE"] == "lane-1"


def test_two_lines_in_one_message_stay_one_entry(log: logging.Logger, journal: socket.socket) -> None:
    log.error("one\nPRIORITY=0")
    text = journal.recv(65536)
    assert b"MESSAGE\n" + len(b"one\nPRIORITY=0").to_bytes(8, "little") + b"one\nPRIORITY=0\n" in text
    assert text.count(b"\nPRIORITY=") == 2, "the one that was said, and the entry's own"


def test_a_journal_that_has_gone_leaves_its_lines_to_stderr(
    log: logging.Logger, journal: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(journal.getsockname()).unlink()
    journal.close()
    log.info("the record is kept again")
    assert capsys.readouterr().err == "edge-agent: the record is kept again\n"


SPEAK = """
import logging, sys
from logging_journald import JournaldTransport
from pathlib import Path
JournaldTransport.SOCKET_PATH = Path(sys.argv[1])
from edge.agent.journal import start_log
start_log(["lane-1"])
logging.getLogger("edge.agent.agent").info("hello")
logging.getLogger("library").info("chatter")
"""


def speak(journal: socket.socket, **variables: str) -> str:
    """What a process whose log has started writes to stderr, a file."""
    file = Path(journal.getsockname()).with_name("stderr")
    with file.open("w") as stderr:
        found = os.fstat(stderr.fileno())
        variables = {name: value.format(found=found) for name, value in variables.items()}
        command = [sys.executable, "-c", SPEAK, journal.getsockname()]
        subprocess.run(command, check=True, stderr=stderr, env=os.environ | variables, timeout=60)
    return file.read_text(encoding="utf-8")


def test_under_systemd_the_journal_gets_each_line_once(journal: socket.socket) -> None:
    assert speak(journal, JOURNAL_STREAM="{found.st_dev}:{found.st_ino}") == ""
    assert entry(journal)["MESSAGE"] == "hello"
    journal.settimeout(0.1)
    with pytest.raises(TimeoutError):
        journal.recv(65536)


@pytest.mark.parametrize("stream", ["", "1:2", "rubbish"])
def test_elsewhere_stderr_gets_it(journal: socket.socket, stream: str) -> None:
    """JOURNAL_STREAM may well be inherited from a service by a shell whose stderr is a terminal."""
    assert speak(journal, JOURNAL_STREAM=stream) == "edge-agent: hello\n"
    journal.settimeout(0.1)
    with pytest.raises(TimeoutError):
        journal.recv(65536)
