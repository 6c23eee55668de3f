"""Marks: a log belongs to its lane, and records disappear from it only when they are old enough."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records.audit import Audit
from edge.records.chain import Head, Mark, chained
from edge.records.database import Database
from edge.records.verification import LaneSettings
from tests.edge.clocks import always
from tests.edge.records.audit.conftest import KEEP_DAYS, Tamper, prune, sale_of
from tests.edge.records.database.test_versions import VERSION_1

LANE = LaneSettings("lane-1", KEEP_DAYS)


@pytest.fixture
def append_forged(audit: Audit, tamper: Tamper) -> Callable[[Mark], None]:
    """Appends a mark as somebody does who can write the file: with correct hashes, and saved as the newest row."""

    def append(mark: Mark) -> None:
        number, text = audit.head.number + 1, mark.model_dump_json()
        newest = max((head for head, _ in audit.marks()), key=lambda head: head.number)
        before = f"{audit.head.hash} {newest.hash}"
        hash_ = chained(before, number, text)
        tamper(
            f"INSERT INTO audit VALUES ({number}, '{text}', '{before}', '{hash_}')",
            f"UPDATE audit_end SET number = {number}, hash = '{hash_}' WHERE which = 'newest'",
        )

    return append


@pytest.fixture
def remove_oldest(audit: Audit, tamper: Tamper, hashes: list[str]) -> Callable[[int], Head]:
    """Removes the records up to a number, and says at the log's end that they were removed due to age."""

    def remove(number: int) -> Head:
        tamper(
            f"DELETE FROM audit WHERE number BETWEEN 2 AND {number}",
            f"UPDATE audit_end SET number = {number}, hash = '{hashes[number - 1]}' WHERE which = 'pruned'",
        )
        return Head(number, hashes[number - 1])

    return remove


def removal(pruned: Head, at: datetime, keep_days: int, opened_at: datetime) -> Mark:
    return Mark(
        mark="pruned",
        lane="lane-1",
        at=at,
        removed=pruned.number,
        removed_hash=pruned.hash,
        keep_days=keep_days,
        opened_at=opened_at,
    )


def test_pruning_leaves_a_mark_with_its_time_and_setting(audit: Audit, hashes: list[str], noon: datetime) -> None:
    prune(audit, noon + timedelta(days=3))
    _, (head, mark) = audit.marks()
    now = noon + timedelta(days=3 + KEEP_DAYS)
    assert (head.number, mark) == (10, removal(Head(4, hashes[3]), now, KEEP_DAYS, noon + timedelta(days=2)))
    assert audit.verify(settings=LANE) == []


def test_records_removed_without_a_mark_are_reported(audit: Audit, remove_oldest: Callable[[int], Head]) -> None:
    remove_oldest(5)
    assert audit.verify() == ["records 1 to 5 are missing, without a mark that says why"]


@pytest.mark.parametrize("keep_days", [1, KEEP_DAYS, 365])
def test_a_mark_cannot_make_records_older_than_the_log(
    keep_days: int,
    audit: Audit,
    append_forged: Callable[[Mark], None],
    remove_oldest: Callable[[int], Head],
    noon: datetime,
) -> None:
    an_hour_later, long_ago = noon + timedelta(hours=1), noon - timedelta(days=1000)
    append_forged(removal(remove_oldest(5), an_hour_later, keep_days, long_ago))
    assert audit.verify() == [
        f"mark 10 says that records 1 to 5 were removed on 2024-11-01 because they were over {keep_days} days old, but "
        "record 1 is from 2024-11-01"
    ]


def test_a_mark_cannot_make_records_older_than_the_month_they_were_written_in(
    audit: Audit, append_forged: Callable[[Mark], None], noon: datetime
) -> None:
    december = noon + timedelta(days=40)
    for day in range(2):
        audit.append(sale_of(9).model_copy(update={"opened_at": december + timedelta(days=day)}), 0.0)
    newest = list(audit.records())[-1][0]
    append_forged(removal(newest, december + timedelta(days=2), KEEP_DAYS, noon))
    assert "over 30 days old, but record 10 is from 2024-12-11" in audit.verify()[-2]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"opened_at": "2024-11-25T12:00:00Z"}, "over 30 days old, but the newest of them was younger"),
        ({"at": "2399-01-01T12:00:00Z"}, "over 30 days old, but that day has not come"),
        ({"removed": 12}, "records 1 to 12 were removed, which cannot be: the mark before it says 0"),
        ({"lane": "lane-2"}, "record 10 is of lane lane-2, but the log is of lane lane-1"),
    ],
)
def test_a_mark_that_says_what_cannot_be_is_reported(
    change: dict[str, object],
    problem: str,
    audit: Audit,
    append_forged: Callable[[Mark], None],
    remove_oldest: Callable[[int], Head],
    noon: datetime,
) -> None:
    later = noon + timedelta(days=50)
    mark = removal(remove_oldest(5), later, KEEP_DAYS, noon + timedelta(days=3))
    append_forged(Mark.model_validate(mark.model_dump() | change))
    assert any(problem in line for line in audit.verify()), audit.verify()


def test_what_a_mark_says_was_removed_stays_removed(
    audit: Audit, append_forged: Callable[[Mark], None], noon: datetime
) -> None:
    prune(audit, noon + timedelta(days=3))
    *_, (_, mark) = audit.marks()
    for kind, number in (("lane", 6), ("pruned", 2)):
        append_forged(mark.model_copy(update={"mark": kind, "removed": number}))
    assert [line for line in audit.verify() if "cannot be" in line] == [
        "mark 11 says that records 1 to 6 were removed, which cannot be: the mark before it says 4",
        "mark 12 says that records 1 to 2 were removed, which cannot be: the mark before it says 6",
    ]


def test_a_mark_that_was_removed_or_replaced_is_reported_even_after_its_records_were_pruned(
    audit: Audit, tamper: Tamper, noon: datetime
) -> None:
    prune(audit, noon + timedelta(days=3))
    long_ago = Mark(mark="lane", lane="lane-1", at=noon - timedelta(days=999), removed=0, removed_hash="")
    text = long_ago.model_dump_json()
    tamper(f"UPDATE audit SET record = '{text}', hash = '{chained('', 1, text)}' WHERE number = 1")
    missing = "the newest mark before record 5 is missing, or is not the one it names"
    assert audit.verify() == [missing]
    tamper("DELETE FROM audit WHERE number = 1")
    assert audit.verify() == [missing]


def test_a_log_without_any_record_or_mark_left_is_reported(audit: Audit, tamper: Tamper, hashes: list[str]) -> None:
    tamper(f"UPDATE audit_end SET number = 9, hash = '{hashes[8]}' WHERE which = 'pruned'", "DELETE FROM audit")
    assert audit.verify() == ["no mark is left in the log: nothing shows why records are missing"]


def test_the_log_of_another_lane_is_reported(audit: Audit) -> None:
    assert audit.verify(settings=LANE) == []
    assert audit.verify(settings=LaneSettings("lane-2", KEEP_DAYS)) == [
        "the log is of lane lane-1, but it is in the state folder of lane lane-2"
    ]


def test_a_record_of_another_lane_is_reported(audit: Audit) -> None:
    audit.append(sale_of(9).model_copy(update={"lane": "lane-2"}), 0.0)
    assert audit.verify() == ["record 10 is of lane lane-2, but the log is of lane lane-1"]


def test_records_removed_under_a_shorter_setting_are_reported_until_the_agent_has_started_with_the_longer_one(
    audit: Audit, noon: datetime
) -> None:
    assert audit.prune(noon + timedelta(days=4), 1, always) == 3
    assert audit.verify(settings=LANE) == [
        "mark 10 says audit.keep_days = 1, but the settings say 30: if it has changed, restart the agent"
    ]
    for _ in range(2):
        assert audit.prune(noon + timedelta(days=5), KEEP_DAYS, always) == 0
    assert audit.head.number == 11
    assert audit.verify(settings=LANE) == []


@pytest.fixture
def old_log(tmp_path: Path) -> Path:
    """The log of four sales, one of them pruned, as the first version wrote it."""
    folder = tmp_path / "old"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "lane.db")) as connection, connection:
        connection.executescript(VERSION_1)
        hash_ = ""
        for number in range(1, 5):
            text, before = sale_of(number).model_dump_json(), hash_
            hash_ = chained(before, number, text)
            connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?)", (number, text, before, hash_))
            if number == 1:
                connection.execute("UPDATE audit_end SET number = 1, hash = ? WHERE which = 'pruned'", (hash_,))
                connection.execute("DELETE FROM audit")
        connection.execute("UPDATE audit_end SET number = 4, hash = ? WHERE which = 'newest'", (hash_,))
    return folder


def test_a_log_of_the_first_version_is_verified_as_it_is(old_log: Path) -> None:
    with closing(Database(old_log, read_only=True)) as database:
        audit = Audit(database)
        assert (audit.verify(settings=LANE), audit.count(), audit.lane) == ([], 3, None)
        assert audit.verify(settings=LaneSettings("lane-2", KEEP_DAYS)) == [
            "the log is of lane lane-1, but it is in the state folder of lane lane-2"
        ]


def test_a_log_of_the_first_version_gets_a_mark_when_an_agent_starts(old_log: Path) -> None:
    with closing(Database(old_log)) as database:
        audit = Audit(database)
        for _ in range(2):
            audit.begin("lane-1")
        [(head, mark)] = audit.marks()
        assert (head.number, mark.lane, mark.at, mark.pruned) == (5, "lane-1", sale_of(4).opened_at, audit.pruned)
        assert audit.verify(settings=LANE) == []
        audit.append(sale_of(5), 0.0)
        assert audit.verify(settings=LANE) == []
        with database.transaction() as connection:
            connection.execute("UPDATE audit_end SET number = 2 WHERE which = 'pruned'")
            connection.execute("DELETE FROM audit WHERE number = 2")
        assert audit.verify()[-1] == "record 2 is missing, without a mark that says why"


def test_a_log_of_the_first_version_without_records_left_gets_a_mark_too(old_log: Path) -> None:
    with closing(sqlite3.connect(old_log / "lane.db")) as connection, connection:
        newest = "(SELECT number, hash FROM audit_end WHERE which = 'newest')"
        connection.execute(f"UPDATE audit_end SET (number, hash) = {newest} WHERE which = 'pruned'")
        connection.execute("DELETE FROM audit")
    with closing(Database(old_log, read_only=True)) as database:
        assert Audit(database).verify(settings=LANE) == []
    with closing(Database(old_log)) as database:
        audit = Audit(database)
        audit.begin("lane-1")
        audit.append(sale_of(5), 0.0)
        assert (audit.lane, audit.verify(settings=LANE)) == ("lane-1", [])


def test_an_empty_log_gets_its_mark_with_the_first_record(tmp_path: Path) -> None:
    with closing(Database(tmp_path)) as database:
        audit = Audit(database)
        audit.begin("lane-1")
        assert (audit.head.number, audit.verify(settings=LANE)) == (0, [])


def test_a_log_of_the_first_version_may_be_pruned_before_its_next_record(old_log: Path, noon: datetime) -> None:
    with closing(Database(old_log)) as database:
        audit = Audit(database)
        audit.begin("lane-1")
        audit.estimate_times((noon + timedelta(days=30)).timestamp(), 0.0)
        assert prune(audit, noon + timedelta(days=3)) == 2
        assert (audit.lane, audit.verify(settings=LANE)) == ("lane-1", [])
        audit.append(sale_of(5), 0.0)
        assert audit.verify(settings=LANE) == []


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sale"), st.integers(0, 100)),
        st.tuples(st.just("keep"), st.integers(1, 60)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
    ),
    max_size=40,
)


@given(steps=STEPS)
def test_what_an_agent_does_is_never_a_problem(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]], noon: datetime
) -> None:
    """Sales that end in any order, days in which nothing happens, and any settings."""
    with closing(Database(tmp_path_factory.mktemp("lane"))) as database:
        audit, now, keep_days = Audit(database), noon - timedelta(days=1700), KEEP_DAYS
        for step, value in steps:
            if step == "sale":
                audit.append(sale_of(1).model_copy(update={"opened_at": now - timedelta(hours=value)}), 0.0)
            elif step == "keep":
                keep_days = value
            else:
                now += timedelta(days=value)
            audit.prune(now, keep_days, always)
            assert audit.verify(settings=LaneSettings("lane-1", keep_days)) == []
        for _, record in audit.records():
            assert record.opened_at >= now - timedelta(days=keep_days, hours=100)
