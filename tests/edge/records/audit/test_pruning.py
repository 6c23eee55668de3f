"""Old records are removed, and the chain can still be verified."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.records.audit import Audit
from edge.records.chain import Head
from edge.records.database import Database
from tests.edge.records.audit.conftest import KEEP_DAYS, Tamper, forged, prune, sale_of


def test_pruning_removes_older_records_and_the_chain_continues(audit: Audit, hashes: list[str], noon: datetime) -> None:
    assert prune(audit, noon + timedelta(days=3)) == 3
    assert [head.number for head, _ in audit.records()] == [5, 6, 7, 8, 9]
    assert audit.pruned == Head(4, hashes[3])
    audit.append(sale_of(9), 0.0)
    assert audit.verify() == []
    assert audit.verify(hashes[4]) == []
    assert prune(audit, noon + timedelta(days=3)) == 0


def test_a_log_may_be_pruned_completely_and_continue(audit: Audit, noon: datetime) -> None:
    assert prune(audit, noon + timedelta(days=99)) == 8
    assert (list(audit.records()), audit.pruned.number, audit.head.number) == ([], 9, 10)
    assert audit.append(sale_of(9), 0.0).number == 11
    assert audit.verify() == []


def test_a_saved_hash_of_a_pruned_record_is_reported_as_missing(
    audit: Audit, hashes: list[str], noon: datetime
) -> None:
    first = hashes[1]
    prune(audit, noon + timedelta(days=3))
    assert audit.verify(first) == [f"no record has the hash {first}: the newest one is number 10, and 4 were pruned"]


def test_pruned_records_that_were_put_back_are_reported(audit: Audit, tamper: Tamper, noon: datetime) -> None:
    text, hash_ = forged(2, "")
    prune(audit, noon + timedelta(days=3))
    tamper(f"INSERT INTO audit VALUES (2, '{text}', '', '{hash_}')")
    assert audit.verify() == ["record 2 was pruned, but is in the log"]


def test_pruning_stops_at_the_first_record_to_keep_even_if_older_ones_follow(tmp_path: Path, noon: datetime) -> None:
    with closing(Database(tmp_path)) as database:
        audit = Audit(database)
        for day in (1, 5, 2):
            audit.append(sale_of(day), 0.0)
        assert prune(audit, noon + timedelta(days=3)) == 1
        assert [head.number for head, _ in audit.records()] == [3, 4]


def test_a_time_in_another_zone_prunes_the_same(audit: Audit, noon: datetime) -> None:
    tokyo = timezone(timedelta(hours=9))
    assert prune(audit, (noon + timedelta(days=3)).astimezone(tokyo)) == 3


def test_an_unreadable_record_is_removed_with_the_next_intact_one(audit: Audit, tamper: Tamper, noon: datetime) -> None:
    tamper("UPDATE audit SET record = 'soup' WHERE number IN (2, 3, 6)")
    assert prune(audit, noon + timedelta(days=4)) == 4
    assert audit.verify() == ["record 6 was changed, or moved here from another place"]


def test_records_with_a_forged_date_are_not_pruned(audit: Audit, tamper: Tamper, noon: datetime) -> None:
    tamper("UPDATE audit SET record = replace(record, '2024-11', '1999-11')")
    assert prune(audit, noon - timedelta(days=365)) == 0
    assert len(audit.verify()) == 9


def test_a_log_pruned_during_verification_has_no_problems(database: Database, audit: Audit, noon: datetime) -> None:
    with closing(Database(database.file.parent, read_only=True)) as reader, reader.snapshot():
        read = Audit(reader)
        assert read.pruned.number == 0
        prune(audit, noon + timedelta(days=3))
        audit.append(sale_of(9), 0.0)
        assert (read.verify(), read.head.number) == ([], 9)
    assert audit.verify() == []


def test_pruned_text_is_erased_from_the_file(tmp_path: Path, noon: datetime) -> None:
    with closing(Database(tmp_path)) as database:
        audit = Audit(database)
        audit.append(sale_of(1).model_copy(update={"cashier_id": "unforgettable"}), 0.0)
        audit.append(sale_of(9), 0.0)
        prune(audit, noon + timedelta(days=3))
    assert [file.name for file in tmp_path.iterdir()] == ["lane.db"]
    assert b"unforgettable" not in (tmp_path / "lane.db").read_bytes()


YEAR = timedelta(days=365)


def sell(audit: Audit, day: int, dated: datetime | None = None) -> None:
    """A sale of a day, written on that day, in believed time; its date may be wrong."""
    sale = sale_of(day)
    written_s = sale.opened_at.timestamp()
    audit.append(sale if dated is None else sale.model_copy(update={"opened_at": dated}), written_s)


def keep_30_days(audit: Audit, now: datetime) -> list[str]:
    """What an agent keeps whose believed time is that of its wall clock: the ids of the sales."""
    audit.prune(now, KEEP_DAYS, lambda written_s: now.timestamp() - written_s >= KEEP_DAYS * 86400)
    assert audit.verify(now=now) == []
    return [record.sale_id for _, record in audit.records()]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Audit]:
    with closing(Database(tmp_path)) as database:
        yield Audit(database)


def test_a_record_dated_in_the_future_is_removed_in_its_time_and_stops_nothing_behind_it(
    empty: Audit, noon: datetime
) -> None:
    first = noon + timedelta(days=799)
    sell(empty, 800)
    sell(empty, 801, dated=noon + 9 * YEAR)
    sell(empty, 802)
    assert keep_30_days(empty, first + timedelta(days=30, hours=1)) == ["sale-801", "sale-802"]
    assert keep_30_days(empty, first + timedelta(days=32, hours=1)) == []
    sell(empty, 840)
    assert keep_30_days(empty, first + timedelta(days=60)) == ["sale-840"]
    assert empty.verify(now=noon + 10 * YEAR) == [], "the date in the future has come meanwhile"


def test_a_record_dated_in_1970_is_kept_as_long_as_any(empty: Audit, noon: datetime) -> None:
    sell(empty, 1, dated=datetime(1970, 1, 1, tzinfo=timezone.utc))
    sell(empty, 2)
    assert keep_30_days(empty, noon + timedelta(days=1)) == ["sale-1", "sale-2"]
    assert keep_30_days(empty, noon + timedelta(days=30, hours=1)) == ["sale-2"]


def test_a_record_is_also_kept_while_its_date_is_young(audit: Audit, noon: datetime) -> None:
    """Nobody can have an agent remove records by changing when they were written: that is not part of the chain."""
    assert audit.prune(noon + timedelta(days=KEEP_DAYS), KEEP_DAYS, lambda _: True) == 0


def test_records_without_a_time_are_kept_until_it_is_estimated_from_their_dates(empty: Audit, noon: datetime) -> None:
    """As an older version wrote them, one with a date in the future."""
    start = noon + 2 * YEAR
    for day, dated in ((1, start), (2, noon + 9 * YEAR), (3, start + timedelta(days=20))):
        empty.append(sale_of(day).model_copy(update={"opened_at": dated}))
    now = start + timedelta(days=50)
    assert keep_30_days(empty, now) == ["sale-1", "sale-2", "sale-3"]
    empty.estimate_times(now.timestamp(), now.timestamp())
    assert keep_30_days(empty, now) == ["sale-1", "sale-2", "sale-3"], "the newest counts as written now"
    assert keep_30_days(empty, now + timedelta(days=11)) == ["sale-2", "sale-3"]
    assert keep_30_days(empty, now + timedelta(days=31)) == []
