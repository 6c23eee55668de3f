"""The ledger of a lane: one agent and one lane for each state folder, and what the log says about its records."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.errors import UsageError
from edge.lane.ledger import Ledger
from edge.records.audit import Audit
from edge.records.changes import SettingsInForce
from edge.records.database import Database, StoreError
from edge.records.records import SaleRecord
from tests.edge.clocks import Box

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=timezone.utc)


def sold(day: int, lane: str = "wine") -> SaleRecord:
    opened_at = NOON + timedelta(days=day)
    return SaleRecord(
        sale_id=f"sale-{day}", lane=lane, till="till-1", opened_at=opened_at, model="0123", config="4567",
        restricted_at=opened_at, ended="completed",
    )  # fmt: skip


def test_a_state_folder_belongs_to_the_lane_whose_records_it_holds(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path, "beer")):
        """Without a record the folder belongs to no lane yet."""
    with closing(Ledger(tmp_path, "wine")) as ledger:
        ledger.close_sale(sold(0))
    for _ in range(2):
        with pytest.raises(UsageError) as error:
            Ledger(tmp_path, "beer")
        assert str(error.value) == (
            f"{tmp_path} holds the records of lane wine, and this is lane beer: give each lane its own state_dir"
        )
    Ledger(tmp_path, "wine").close()


def test_a_ledger_that_cannot_be_opened_releases_its_lock(tmp_path: Path) -> None:
    (tmp_path / "lane.db").mkdir()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"lane\.db"):
            Ledger(tmp_path, "wine")
    (tmp_path / "lane.db").rmdir()
    Ledger(tmp_path, "wine").close()


def test_the_newest_hash_is_logged_after_each_record_and_each_removal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    box = Box(NOON)
    with closing(Ledger(tmp_path, "wine", reading=box.reading)) as ledger:
        ledger.close_sale(sold(0))
        ledger.follow(box.run(timedelta(days=40)))
        ledger.close_sale(sold(40))
        ledger.follow(box.run(timedelta(days=1)))
        assert ledger.prune(30) == 1
        assert ledger.last_closed() == [sold(40)]
    logged = [record.message.partition(",")[0] for record in caplog.records]
    assert logged == ["audit: record 2", "audit: record 4", "audit: mark 5"]


def kept(folder: Path, box: Box) -> list[str]:
    """The sales that are left after an agent has started on the box and has removed what is older than 30 days."""
    with closing(Ledger(folder, "wine", reading=box.reading)) as ledger:
        ledger.prune(30)
        return [record.sale_id for record in ledger.last_closed()]


def sell(folder: Path, box: Box, name: str) -> None:
    with closing(Ledger(folder, "wine", reading=box.reading)) as ledger:
        moment = box.really + box.error
        ledger.close_sale(sold(0).model_copy(update={"sale_id": name, "opened_at": moment, "restricted_at": moment}))


def test_a_start_three_years_ahead_removes_nothing(tmp_path: Path) -> None:
    box = Box(NOON)
    sell(tmp_path, box, "first")
    box.error = timedelta(days=3 * 365)
    box.off(timedelta(hours=1))
    assert kept(tmp_path, box) == ["first"]
    sell(tmp_path, box, "dated in the future")
    box.error = timedelta()
    box.off(timedelta(days=10))
    assert kept(tmp_path, box) == ["first", "dated in the future"]
    box.run(timedelta(days=31))
    sell(tmp_path, box, "last")
    assert kept(tmp_path, box) == ["last"]


def test_a_box_that_starts_in_1970_and_is_set_right_later_keeps_its_fresh_sale(tmp_path: Path) -> None:
    box = Box(NOON, error=timedelta(days=-57 * 365), synchronised=False)
    sell(tmp_path, box, "fresh")
    box.error, box.synchronised = timedelta(), True
    box.run(timedelta(hours=1))
    assert kept(tmp_path, box) == ["fresh"]
    box.off(timedelta(hours=1))
    assert kept(tmp_path, box) == ["fresh"]
    box.run(timedelta(days=31))
    assert kept(tmp_path, box) == []


def test_while_no_time_server_sets_the_clock_nothing_is_removed(tmp_path: Path) -> None:
    box = Box(NOON, synchronised=False)
    sell(tmp_path, box, "old")
    box.run(timedelta(days=400))
    assert kept(tmp_path, box) == ["old"]
    box.trusted = True
    assert kept(tmp_path, box) == []


def test_records_of_an_older_version_are_removed_by_their_dates_once_the_clock_is_believed(tmp_path: Path) -> None:
    box = Box(NOON + timedelta(days=50), synchronised=False)
    with closing(Database(tmp_path)) as database:
        for day in (0, 10, 3000, 49):
            Audit(database).append(sold(day))
    assert kept(tmp_path, box) == ["sale-0", "sale-10", "sale-3000", "sale-49"]
    box.synchronised = True
    assert kept(tmp_path, box) == ["sale-3000", "sale-49"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), st.just(0.0)),
        st.tuples(st.sampled_from(["run", "off"]), st.floats(0.01, 40)),
        st.tuples(st.just("wrong clock"), st.floats(-30_000, 5_000)),
        st.tuples(st.just("wrong clock"), st.floats(-60, 60)),
        st.tuples(st.just("right clock"), st.just(0.0)),
    ),
    max_size=20,
)


@given(steps=STEPS)
@example(steps=[("wrong clock", 31.0), ("sell", 0.0), ("run", 30.0)])
@example(steps=[("wrong clock", 32.0), ("sell", 0.0), ("run", 30.0)])
@settings(max_examples=25)
def test_no_record_is_removed_too_early_all_are_removed_in_the_end_and_the_chain_stays_whole(
    steps: list[tuple[str, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A box whose clock is wrong at times, and then not synchronised. The agent starts after every step."""
    folder, box, written = tmp_path_factory.mktemp("lane"), Box(NOON), dict[str, datetime]()
    for number, (what, value) in enumerate([*steps, ("right clock", 0.0), ("run", 31.0)]):
        if what in ("run", "off"):
            (box.run if what == "run" else box.off)(timedelta(days=value))
        elif what == "sell":
            sell(folder, box, str(number))
            written[str(number)] = box.really
        else:
            box.error, box.synchronised = timedelta(days=value), what == "right clock"
        left = kept(folder, box)
        assert {name for name, at in written.items() if box.really - at < timedelta(days=30)} <= set(left)
        with closing(Database(folder)) as database:
            assert Audit(database).verify(now=box.really) == []
    box.run(timedelta(days=365 * 20))
    assert kept(folder, box) == []


def in_force(**values: object) -> SettingsInForce:
    defaults = {"zone": [0], "web": None}
    return SettingsInForce("wine", NOON, "reload", None, "0123", "4567", {**defaults, **values}, defaults)


def test_settings_are_recorded_when_they_differ_from_those_that_were_recorded_last(tmp_path: Path) -> None:
    for corner in (1, 1, 2):
        with closing(Ledger(tmp_path, "wine")) as ledger:
            ledger.note_settings(in_force(zone=[corner]))
    with closing(Database(tmp_path)) as database:
        changes = [change.changed for _, change in Audit(database).changes()]
        assert Audit(database).verify() == []
    assert [(each.before, each.after) for (each,) in changes] == [([0], [1]), ([1], [2])]
