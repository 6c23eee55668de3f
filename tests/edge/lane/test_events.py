"""The event log: CloudEvents as JSON lines, and alerts as log lines."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.lane.events import EventLog, alert_line
from edge.till.envelope import Event, parse, wrap
from edge.till.messages import Hello
from tests.edge.driver import drive
from tests.edge.people import Person

HELLO = wrap(Hello(till="касса-1"), id="1", source="/x", time=datetime(2026, 1, 1, tzinfo=timezone.utc))


def test_every_event_is_one_line_of_json_and_parses_to_the_same_event(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path / "events.jsonl"))
    log.open()
    log.write(HELLO)
    log.write(HELLO)
    log.close()
    lines = (tmp_path / "events.jsonl").read_bytes().splitlines()
    assert [parse(line) for line in lines] == [HELLO, HELLO]
    assert json.loads(lines[0])["type"] == "lane.hello"


def test_an_event_is_flushed_to_the_file_at_once(tmp_path: Path) -> None:
    log = EventLog(str(tmp_path / "events.jsonl"))
    log.open()
    log.write(HELLO)
    assert (tmp_path / "events.jsonl").read_text(encoding="utf-8") == HELLO.to_json() + "\n"
    log.close()


def test_a_dash_writes_to_stdout_and_leaves_it_open(capsys: pytest.CaptureFixture[str]) -> None:
    log = EventLog("-")
    log.open()
    log.write(HELLO)
    log.close()
    print("still open")
    assert capsys.readouterr().out == HELLO.to_json() + "\nstill open\n"


def test_without_a_target_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    log = EventLog(None)
    log.open()
    log.write(HELLO)
    log.close()
    assert capsys.readouterr() == ("", "")


def test_a_file_that_cannot_be_written_is_rejected_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"cannot write events to {tmp_path}: Is a directory"):
        EventLog(str(tmp_path)).open()
    with pytest.raises(UsageError, match="No such file or directory"):
        EventLog(str(tmp_path / "missing" / "events.jsonl")).open()


def test_an_alert_is_shown_in_one_line() -> None:
    lane = drive(mode="continuous")
    lane.show(Person(age=50), frames=5)
    assert alert_line(lane.alerts[0]) == (
        "NO_CHALLENGE: age 50 (43-57), looks-older | Looks over 25. If in doubt, ask for ID."
    )


def test_an_alert_without_an_age_shows_it_as_unknown() -> None:
    lane = drive(mode="continuous")
    lane.show(Person(reasons=("dark",)), frames=15)
    assert alert_line(lane.alerts[0]) == "UNKNOWN: age unknown, dark | Ask for ID: too dark."


def test_a_logged_alert_parses_to_the_same_alert(tmp_path: Path) -> None:
    lane = drive(mode="continuous")
    lane.show(Person(age=20), frames=5)
    [alert] = lane.alerts
    log = EventLog(str(tmp_path / "events.jsonl"))
    log.open()
    log.write(wrap(alert, id="1", source="/x", time=alert.issued_at))
    log.close()
    event: Event = parse((tmp_path / "events.jsonl").read_bytes())
    assert event.content() == alert
