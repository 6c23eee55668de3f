"""The agent's own log: fields in systemd's journal, plain lines elsewhere, no line twice."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.service.journal import JournalHandler, JsonFormatter, TextFormatter

LANES = ("lane-1", "wine")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of a journal."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "journal"))
        receiver.settimeout(5)
        yield receiver


@pytest.fixture
def log(journal: socket.socket) -> Iterator[logging.Logger]:
    """A logger that writes only to this journal."""
    handler = JournalHandler(LANES, Path(journal.getsockname()))
    logger = logging.Logger("edge.test")
    logger.addHandler(handler)
    yield logger
    handler.close()


def entry(journal: socket.socket) -> dict[str, str]:
    """The next entry as a dict of its fields, which must be short and of one line."""
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


def test_the_name_of_a_file_that_is_not_utf_8_is_escaped(log: logging.Logger, journal: socket.socket) -> None:
    log.warning("no video at %s", os.fsdecode(b"odd\xff.mkv"))
    assert entry(journal)["MESSAGE"] == r"no video at odd\udcff.mkv"


def test_an_answer_has_fields_for_sale_alert_decision_and_reasons(log: logging.Logger, journal: socket.socket) -> None:
    log.info("ask", extra={"sale": "s-1", "alert": "a-1", "decision": "UNKNOWN", "reasons": "no-face"})
    found = entry(journal)
    assert (found["SALE"], found["ALERT"], found["DECISION"], found["REASONS"]) == ("s-1", "a-1", "UNKNOWN", "no-face")


def test_other_extra_fields_do_not_reach_the_journal(log: logging.Logger, journal: socket.socket) -> None:
    log.info("sold", extra={"cashier_id": "anna", "sale": "s-1"})
    assert set(entry(journal)) == {"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "LOGGER", "SALE"}


@pytest.mark.parametrize("thread", ["wine", "camera of wine"])
def test_a_line_from_a_thread_of_a_lane_has_its_name(thread: str, log: logging.Logger, journal: socket.socket) -> None:
    thread_of_lane = threading.Thread(target=log.info, args=("no picture",), name=thread)
    thread_of_lane.start()
    thread_of_lane.join()
    assert entry(journal)["LANE"] == "wine"


def test_with_a_single_lane_every_line_has_its_name(journal: socket.socket) -> None:
    handler = JournalHandler(["lane-1"], Path(journal.getsockname()))
    handler.handle(logging.makeLogRecord({"msg": "age model research", "levelno": logging.INFO}))
    handler.close()
    assert entry(journal)["LANE"] == "lane-1"


def test_two_lines_in_one_message_stay_one_entry(log: logging.Logger, journal: socket.socket) -> None:
    log.error("one\nPRIORITY=0")
    text = journal.recv(65536)
    assert b"MESSAGE\n" + len(b"one\nPRIORITY=0").to_bytes(8, "little") + b"one\nPRIORITY=0\n" in text
    assert text.count(b"\nPRIORITY=") == 2, "the text of the message, and the entry's own field"


def test_lines_go_to_stderr_when_the_journal_is_gone(
    log: logging.Logger, journal: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(journal.getsockname()).unlink()
    journal.close()
    log.info("the record is kept again")
    assert capsys.readouterr().err == "edge-agent: the record is kept again\n"


LOG_TWO_LINES = """
import logging, sys
from logging_journald import JournaldTransport
from pathlib import Path
JournaldTransport.SOCKET_PATH = Path(sys.argv[1])
from edge.service.journal import start_log
start_log(sys.argv[3:], sys.argv[2])
logging.getLogger("edge.agent.agent").info("hello")
logging.getLogger("library").info("chatter")
"""


def stderr_of_logging(journal: socket.socket, **variables: str) -> str:
    """What a process writes to stderr, a file, when it starts its log and logs two lines."""
    file = Path(journal.getsockname()).with_name("stderr")
    with file.open("w") as stderr:
        found = os.fstat(stderr.fileno())
        variables = {name: value.format(found=found) for name, value in variables.items()}
        command = [sys.executable, "-c", LOG_TWO_LINES, journal.getsockname(), "MARK: ", "lane-1"]
        subprocess.run(command, check=True, stderr=stderr, env=os.environ | variables, timeout=180)
    return file.read_text(encoding="utf-8")


def test_under_systemd_the_journal_receives_each_line_once(journal: socket.socket) -> None:
    assert stderr_of_logging(journal, JOURNAL_STREAM="{found.st_dev}:{found.st_ino}") == ""
    assert entry(journal)["MESSAGE"] == "MARK: hello"
    journal.settimeout(0.1)
    with pytest.raises(TimeoutError):
        journal.recv(65536)


@pytest.mark.parametrize("stream", ["", "1:2", "rubbish"])
def test_without_systemd_lines_go_to_stderr(journal: socket.socket, stream: str) -> None:
    """A shell whose stderr is a terminal may have inherited JOURNAL_STREAM from a service."""
    line = stderr_of_logging(journal, JOURNAL_STREAM=stream, TZ="Europe/Moscow")
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+0300 INFO MARK: hello\n", line)
    journal.settimeout(0.1)
    with pytest.raises(TimeoutError):
        journal.recv(65536)


def record(message: str, *, thread: str = "all", level: int = logging.INFO, **extra: str) -> logging.LogRecord:
    fields = {"name": "edge.test", "msg": message, "levelno": level, "levelname": logging.getLevelName(level)}
    return logging.makeLogRecord({**fields, "created": 1_790_000_000.25, "threadName": thread, **extra})


@pytest.mark.parametrize(
    ("lanes", "line"),
    [
        (["lane-1"], "WARNING M: no picture"),
        (["lane-1", "wine"], "WARNING M: wine: no picture"),
        (["lane-1", "beer"], "WARNING M: no picture"),
    ],
)
def test_a_line_of_text_names_its_lane_once_and_only_where_there_are_several(lanes: list[str], line: str) -> None:
    for given in (record("no picture", thread="camera of wine", level=logging.WARNING),
                  record("no picture", lane="wine", level=logging.WARNING)):  # fmt: skip
        assert TextFormatter(lanes, "M: ").format(given).partition(" ")[2] == line


def test_a_line_of_json_has_time_level_lane_and_fields() -> None:
    formatter = JsonFormatter(["lane-1", "wine"], "M: ")
    found = record("\033[31mCHALLENGE\033[0m: Ёлка", lane="wine", sale="s-1", decision="CHALLENGE", cashier_id="anna")
    assert json.loads(formatter.format(found)) == {
        "time": "2026-09-21T14:13:20.250Z", "level": "info", "message": "M: CHALLENGE: Ёлка", "logger": "edge.test",
        "lane": "wine", "sale": "s-1", "decision": "CHALLENGE",
    }  # fmt: skip
    assert "lane" not in json.loads(formatter.format(record("metrics on 127.0.0.1")))
    assert "\n" not in formatter.format(record("two\nlines"))
