"""`edge-till` as a user starts it, with an agent on real sockets."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import pytest

from edge.records.audit import Audit
from edge.records.database import Database
from tests.edge.till.reference.box import Box

pytestmark = pytest.mark.slow

PATIENCE_S = 120
Line = dict[str, str | float]
"""A line of a script, as JSON."""


def script(file: Path, *lines: Line) -> Path:
    file.write_text("# a scenario\n\n" + "\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return file


def wait_for(event: str, seconds: float = 60) -> Line:
    return {"do": "wait-for", "event": event, "seconds": seconds}


SALE: tuple[Line, ...] = (
    wait_for("agent-met"),
    {"do": "open", "sale_id": "s-1"},
    {"do": "scan", "item": "milk"},
    {"do": "scan", "item": "beer"},
    wait_for("shown"),
    {"do": "check", "outcome": "passed"},
    {"do": "close"},
)


class EdgeTill(Protocol):
    """Runs the command with these arguments. typed: its standard input."""

    def __call__(self, *words: object, typed: str | None = None) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(scope="session")
def edge_till() -> EdgeTill:
    def run(*words: object, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "edge.till.reference", *map(str, words)]
        return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=PATIENCE_S, check=False)

    return run


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_script_plays_a_sale_and_prints_json_lines(box: Box, edge_till: EdgeTill, tmp_path: Path) -> None:
    box.start()
    done = edge_till("--connect", box.address, "--script", script(tmp_path / "sale", *SALE))
    assert (done.returncode, done.stderr) == (0, "")
    sale_events = ["sale-opened", "scanned", "scanned", "alert", "shown", "checked", "sale-closed"]
    assert [line["event"] for line in events(done) if line["event"] in sale_events] == sale_events
    [shown] = [line for line in events(done) if line["event"] == "shown"]
    assert (shown["sale_id"], shown["decision"]) == ("s-1", "UNKNOWN")
    assert shown["text"]["ru"].startswith("Проверьте документы")
    offsets = [line["at_s"] for line in events(done)]
    assert offsets == sorted(offsets)


def test_a_till_with_a_key_is_served_on_a_public_address(box: Box, edge_till: EdgeTill, tmp_path: Path) -> None:
    key = box.key("till-7")
    box.start()
    address = box.address.replace("0.0.0.0", "127.0.0.1")
    done = edge_till("--connect", address, "--key", key, "--script", script(tmp_path / "sale", *SALE))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_till_without_a_key_is_not_served_on_a_public_address(box: Box, edge_till: EdgeTill, tmp_path: Path) -> None:
    box.key("till-7")
    box.start()
    address = box.address.replace("0.0.0.0", "127.0.0.1")
    done = edge_till("--connect", address, "--script", script(tmp_path / "hello", wait_for("agent-silent")))
    assert [line["event"] for line in events(done)] == ["agent-silent", "screen"]
    assert events(done)[1]["shows"] == "ask-everyone"


def test_a_sale_continues_when_the_agent_is_restarted(box: Box, tmp_path: Path) -> None:
    lines: list[Line] = [*SALE[:3], wait_for("agent-silent"), {"do": "scan", "item": "beer"}, *SALE[4:]]
    box.start()
    command = [sys.executable, "-m", "edge.till.reference", "--connect", box.address]
    command += ["--script", str(script(tmp_path / "sale", *lines))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as till:
        assert till.stdout
        seen = []
        for line in till.stdout:
            seen.append(json.loads(line)["event"])
            if seen[-1] == "scanned" and seen.count("scanned") == 1:
                box.stop()
            elif seen[-1] == "scanned":
                box.start()
        assert till.stderr
        assert till.stderr.read() == ""
    assert till.returncode == 0
    assert "agent-back" in seen
    assert seen.count("shown") == 1


def test_a_killed_till_continues_where_it_was(box: Box, edge_till: EdgeTill, tmp_path: Path) -> None:
    box.start()
    words = ["--connect", box.address, "--script", script(tmp_path / "sale", *SALE[:5], {"do": "wait", "seconds": 60})]
    words += ["--state", tmp_path / "till.jsonl"]
    with subprocess.Popen(
        [sys.executable, "-m", "edge.till.reference", *map(str, words)], stdout=subprocess.PIPE, text=True
    ) as till:
        assert till.stdout
        first = next(json.loads(line) for line in till.stdout if '"shown"' in line)
        till.kill()
    words[3] = script(tmp_path / "sale", *SALE)
    done = edge_till(*words)
    assert (done.returncode, done.stderr) == (0, "")
    [again] = [line for line in events(done) if line["event"] == "shown"]
    assert (again["alert_id"], again["again"]) == (first["alert_id"], True)
    assert [line["event"] for line in events(done) if line["event"] in ("sale-opened", "scanned", "checked")] == [
        "checked"
    ]


def test_typed_actions_are_performed_and_the_prompt_is_in_the_chosen_language(box: Box) -> None:
    box.start()
    command = [sys.executable, "-m", "edge.till.reference", "--connect", box.address, "--language", "ru"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as till:
        assert till.stdout
        # Type each action when its cue is on the screen. The timer kills a till that hangs.
        timer = threading.Timer(PATIENCE_S, till.kill)
        timer.start()
        seen = []
        for line in till.stdout:
            seen.append(line)
            for cue, words in {"касса: связь": "whisky\nпиво\n", "Проверьте": "p\nc\n", "чек закрыт": "q\n"}.items():
                if cue in line:
                    os.write(ours, words.encode())
        timer.cancel()
    os.close(ours)
    os.close(theirs)
    whole = "".join(seen)
    assert till.returncode == 0, whole
    assert "касса: товара 'whisky' нет в списке; есть молоко, хлеб" in whole
    assert not re.search("Ask for ID|scan the item|beer", whole)
    assert "касса: проверка документов: пройдена" in whole


@pytest.mark.parametrize("end", ["", "q\n"])
def test_typing_without_a_sale_or_faster_than_the_agent_answers_does_no_harm(
    box: Box, edge_till: EdgeTill, end: str, tmp_path: Path
) -> None:
    box.start()
    done = edge_till("--connect", box.address, "--language", "en", typed=f"p\n?\n\nbeer\nf\nc\n{end}")
    assert done.returncode == 0
    assert "no sale is open: open one first" in done.stdout
    assert "DO NOT SELL" in done.stdout
    assert done.stdout.rstrip().endswith("sale closed")
    box.stop()
    with closing(Database(tmp_path, read_only=True)) as database:
        assert Audit(database).count() == 1, "the agent has received all of it"


@pytest.fixture
def two_lanes(box: Box, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Box]]:
    other = Box(tmp_path_factory.mktemp("other"), "lane-2")
    box.start()
    other.start()
    yield [box, other]
    other.stop()


def test_an_attendant_sees_the_tills_of_several_lanes_and_reports_their_checks(
    two_lanes: list[Box], edge_till: EdgeTill, tmp_path: Path
) -> None:
    opened = script(tmp_path / "open", wait_for("agent-met"), {"do": "open"}, {"do": "scan", "item": "beer"})
    words: list[object] = ["--role", "attendant", "--cashier", "olga", "--state", tmp_path / "desk.jsonl"]
    for box in two_lanes:
        assert edge_till("--connect", box.address, "--script", opened).returncode == 0
        words += ["--connect", box.address]
    checks: list[Line] = [{"do": "check", "outcome": "passed", "till": f"lane-{lane}/till-1"} for lane in (1, 2)]
    lines = script(tmp_path / "checks", wait_for("shown"), wait_for("shown"), *checks)
    done = edge_till(*words, "--script", lines)
    assert (done.returncode, done.stderr) == (0, "")
    shown = [line for line in events(done) if line["event"] == "shown"]
    assert sorted((line["lane"], line["till"]) for line in shown) == [("lane-1", "till-1"), ("lane-2", "till-1")]
    again = edge_till(*words, "--script", lines)
    assert [line["event"] for line in events(again) if line["event"] == "checked"] == [], "they were done before"


def test_an_attendant_types_checks(two_lanes: list[Box], edge_till: EdgeTill) -> None:
    done = edge_till("--role", "attendant", "--connect", two_lanes[0].address, typed="till-9 p\nbeer\n?\nq\n")
    assert done.returncode == 0
    assert "no alert for a sale at 'till-9'" in done.stdout
    assert "'beer' is not a check: type the till's name, and p, f or n" in done.stdout


def test_a_cashier_types_voids_and_suspends(box: Box, edge_till: EdgeTill, tmp_path: Path) -> None:
    box.start()
    words = "milk\nпиво\n-пиво\nwhisky\ns\n7\nf\nc\nu\nкассир Борис\nc\n"
    done = edge_till("--connect", box.address, "--language", "en", "--cashier", "Anna", typed=words)
    assert done.returncode == 0
    box.stop()
    with closing(Database(tmp_path, read_only=True)) as database:
        records = [record for _, record in Audit(database).records()]
    assert [(record.ended, record.check, record.closed_by) for record in records] == [
        ("cancelled", "failed", "Anna"), ("withdrawn", None, "Борис"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["--connect", "5557"], 2, "is not a valid address: use tcp://127.0.0.1:PORT"),
        (["--connect", "tcp://192.0.2.1:5557"], 2, "is not on this machine: give --key FILE as well"),
        (["--name", "till 1"], 2, "--name 'till 1' is not a valid till name: use 1 to 40 letters, digits, - or _"),
        (["--cashier", ""], 2, "--cashier '' is not a valid id: use 1 to 128 characters"),
        (["--key", "gone.key"], 2, "there is no key file gone.key: make one with edge-agent keys new TILL"),
        (["--script", "gone.jsonl"], 2, "cannot read the script gone.jsonl: No such file or directory"),
        (["--state", "gone/till.jsonl", "--script", os.devnull], 2, "cannot write the state gone/till.jsonl: No such"),
        (["--language", "de"], 2, "invalid choice: 'de'"),
        (["--connect", "ipc:///a", "--connect", "ipc:///b"], 2, "--connect was given 2 times: a till has one lane"),
    ],
)
def test_a_usage_error_is_one_line(words: list[str], code: int, why: str, edge_till: EdgeTill) -> None:
    done = edge_till(*words)
    assert (done.returncode, done.stdout) == (code, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_key_for_another_name_is_an_error(box: Box, edge_till: EdgeTill) -> None:
    done = edge_till("--key", box.key("till-7"), "--name", "till-8")
    assert done.returncode == 2
    assert (
        "--name 'till-8' differs from the key's till 'till-7': remove --name, or make a key for this name"
        in done.stderr
    )


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([wait_for("shown", 0.1)], "waited 0.1 s for 'shown', which did not come"),
        ([{"do": "open"}], "the agent has not answered 2 messages: is it running?"),
    ],
)
def test_an_event_that_does_not_come_fails_the_script(
    lines: list[Line], why: str, edge_till: EdgeTill, tmp_path: Path
) -> None:
    done = edge_till("--connect", f"ipc://{tmp_path}/nobody", "--script", script(tmp_path / "script", *lines))
    assert done.returncode == 1
    assert why in done.stderr
