"""Checks of the clocks: of the box, and whether old records are removed by it."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.clock.reading import Reading
from edge.doctor import clock as clock_checks
from edge.doctor.clock import clock, retention, till_clocks
from edge.lane.ledger import Ledger
from edge.records.database import Database
from edge.records.records import SaleRecord
from edge.records.till_clocks import TillClocks
from tests.edge.clocks import Box
from tests.edge.doctor.builders import MakeBox, MakeLane, found

NOON = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)


def test_the_clock_check_shows_the_date(box: MakeBox) -> None:
    assert found(clock, box()).verdict in ("ok", "warning")
    before = f"{datetime.now():%Y-%m-%d}"
    seen = found(clock, box()).seen
    assert before in seen or f"{datetime.now():%Y-%m-%d}" in seen, "the date may change meanwhile"


@pytest.mark.parametrize(
    ("synchronised", "verdict", "words"),
    [(True, "ok", "set by a time server"), (False, "warning", "no time server"), (None, "ok", "this user cannot see")],
)
def test_a_clock_without_a_time_server_is_a_warning(
    synchronised: bool | None, verdict: str, words: str, box: MakeBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_checks, "is_synchronised", lambda: synchronised)
    line = found(clock, box())
    assert line.verdict == verdict
    assert words in line.seen


def test_a_clock_that_starts_in_1970_is_a_problem(box: MakeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    class Reset(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(1970, 1, 1, 0, 3, tzinfo=timezone.utc)

    monkeypatch.setattr(clock_checks, "datetime", Reset)
    line = found(clock, box())
    assert (line.verdict, "1970-01-01 00:03:00" in line.seen) == ("problem", True)
    assert line.fix.startswith("sudo timedatectl set-time")


def test_a_clock_that_the_operator_vouches_for_is_ok(box: MakeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_checks, "is_synchronised", lambda: False)
    line = found(clock, box({"clock": {"trusted": True}}))
    assert (line.verdict, line.seen.endswith("believed because of clock.trusted")) == ("ok", True)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Box:
    """A box whose clocks the doctor reads."""
    box = Box(NOON)

    def read(*, trusted: bool) -> Reading:
        box.trusted = trusted
        return box.reading

    monkeypatch.setattr(clock_checks, "read_clocks", read)
    return box


def sell(folder: Path, clocks: Box) -> None:
    ledger = Ledger(folder, "lane-1", reading=clocks.reading)
    ledger.close_sale(
        SaleRecord(sale_id="sale-1", lane="lane-1", till="till-1", opened_at=clocks.really, model="0123", config="4567",
                   restricted_at=clocks.really, ended="completed")
    )  # fmt: skip
    ledger.close()


def test_the_age_of_the_oldest_record_is_shown(lane: MakeLane, clocks: Box, tmp_path: Path) -> None:
    assert found(retention, lane()).seen == "no record yet; kept for 365 days"
    sell(tmp_path / "state", clocks)
    clocks.run(timedelta(days=40))
    line = found(retention, lane())
    assert (line.verdict, line.seen) == ("ok", "the oldest record is 40 days old; kept for 365 days")


def test_a_clock_that_cannot_be_believed_removes_nothing_and_the_fix_says_how(
    lane: MakeLane, clocks: Box, tmp_path: Path
) -> None:
    sell(tmp_path / "state", clocks)
    clocks.synchronised = False
    clocks.off(timedelta(hours=1))
    line = found(retention, lane())
    assert (line.verdict, line.seen.partition(":")[0]) == ("warning", "no time server sets the clock")
    assert "clock.trusted = true into the config /etc/edge-agent/lane.toml" in line.fix
    assert found(retention, lane(clock={"trusted": True})).verdict == "ok"


def test_a_clock_that_is_three_years_ahead_is_named(lane: MakeLane, clocks: Box, tmp_path: Path) -> None:
    sell(tmp_path / "state", clocks)
    clocks.error = timedelta(days=3 * 365)
    clocks.off(timedelta(hours=1))
    assert found(retention, lane()).seen.startswith("the clock has moved 1095 days further than this box has run")


def test_the_clocks_of_tills_are_compared_with_the_box(lane: MakeLane, tmp_path: Path) -> None:
    assert found(till_clocks, lane()).seen == "no till has said its time yet"
    with closing(Database(tmp_path / "state")) as database:
        TillClocks(database).put({"till-1": 0.2, "till-2": -1.5})
        assert found(till_clocks, lane()).seen == "2 tills, at most 1.5 s apart"
        TillClocks(database).put({"till-2": -3600.0, "till-3": 90.0})
        line = found(till_clocks, lane())
    assert (line.verdict, line.seen) == (
        "warning",
        "till-2 3600 s behind, till-3 90 s ahead; sales work, but these tills do not believe NO_CHALLENGE",
    )
