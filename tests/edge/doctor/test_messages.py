"""The check of what tills have sent in vain lately."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.doctor.messages import messages
from edge.records.database import Database
from edge.records.rejected import RejectedStore
from edge.till.rejections import DROPPED, RejectionNote
from tests.edge.doctor.builders import MakeLane, found

AN_HOUR, THREE_DAYS = timedelta(hours=1), timedelta(days=3)


def rejected(state_dir: Path, client: str, reason: str, times: int = 1, ago: timedelta = AN_HOUR) -> None:
    database = Database(state_dir)
    note = RejectionNote(times, f"explanation of {reason}")
    RejectedStore(database).add({(client, reason): note}, datetime.now(timezone.utc) - ago, -ago.total_seconds())
    database.close()


def test_a_lane_that_has_used_every_message_is_ok(lane: MakeLane) -> None:
    target = lane()
    assert found(messages, target).verdict == "ok"
    rejected(target.settings.state_dir, "till-1", "malformed", ago=THREE_DAYS)
    assert found(messages, target).seen == "nothing that tills have sent since yesterday was rejected"


@pytest.mark.parametrize(
    ("reason", "seen", "fix"),
    [
        ("malformed", "till-1 was rejected 7 times, malformed: explanation of malformed", "send this line to whoever"),
        ("too fast", "till-1 was rejected 7 times, too fast: explanation of too fast", "send this line to whoever"),
        (
            DROPPED,
            "a part of a message of till-1 could not be used, 7 times, last explanation of dropped",
            "send this line to whoever",
        ),
        ("wrong-mode", "till-1 was rejected 7 times, wrong-mode: explanation of wrong-mode", 'write mode = "auto"'),
        ("unknown key", "till-1 was rejected 7 times, unknown key: explanation of unknown key", "if it is a till of"),
    ],
)
def test_what_was_rejected_is_a_warning_that_says_why(reason: str, seen: str, fix: str, lane: MakeLane) -> None:
    target = lane()
    rejected(target.settings.state_dir, "till-1", reason, times=7)
    line = found(messages, target)
    assert (line.verdict, line.seen) == ("warning", f"since yesterday {seen}")
    assert line.fix.startswith(fix)


def test_the_most_frequent_come_first_and_decide_the_fix(lane: MakeLane) -> None:
    target = lane()
    for number in range(7):
        rejected(target.settings.state_dir, f"till-{number}", "malformed", times=number + 1)
    rejected(target.settings.state_dir, "a client", "unknown key", times=100)
    line = found(messages, target)
    assert line.seen.startswith("since yesterday a client was rejected 100 times, unknown key")
    assert line.seen.endswith("; and 3 more")
    assert line.fix.startswith("if it is a till of this shop")


@pytest.mark.parametrize(("times", "verdict"), [(10, "ok"), (11, "warning")])
def test_a_till_that_opened_its_sale_again_after_a_restart_is_no_finding(
    times: int, verdict: str, lane: MakeLane
) -> None:
    target = lane()
    rejected(target.settings.state_dir, "till-1", "no-such-sale", times=times)
    assert found(messages, target).verdict == verdict
