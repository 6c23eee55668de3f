"""Records are removed when their time is over, and the chain can still be verified."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

from edge.records.audit import Audit, Head
from edge.records.database import Database
from edge.records.records import SaleRecord

MakeSale = Callable[[int], SaleRecord]
Tamper = Callable[..., None]
Forged = Callable[[int, str], tuple[str, str]]


def test_pruning_removes_what_is_older_and_leaves_a_chain_that_is_whole_and_goes_on(
    audit: Audit, hashes: list[str], noon: datetime, sale: MakeSale
) -> None:
    assert audit.prune(noon + timedelta(days=3)) == 3
    assert [head.number for head, _ in audit.records()] == [4, 5, 6, 7, 8]
    assert audit.pruned == Head(3, hashes[2])
    audit.append(sale(9))
    assert audit.verify() == []
    assert audit.verify(hashes[4]) == []
    assert audit.prune(noon + timedelta(days=3)) == 0


def test_a_log_may_be_pruned_empty_and_go_on(audit: Audit, noon: datetime, sale: MakeSale) -> None:
    assert audit.prune(noon + timedelta(days=99)) == 8
    assert audit.head == audit.pruned
    assert audit.append(sale(9)).number == 9
    assert audit.verify() == []


def test_a_hash_that_was_pruned_since_it_was_noted_is_said_to_be_gone(
    audit: Audit, hashes: list[str], noon: datetime
) -> None:
    first = hashes[0]
    audit.prune(noon + timedelta(days=3))
    assert audit.verify(first) == [f"no record has the hash {first}: the newest one is number 8, and 3 were pruned"]


def test_pruned_records_that_are_put_back_are_named(
    audit: Audit, tamper: Tamper, forged: Forged, noon: datetime
) -> None:
    text, hash_ = forged(2, "")
    audit.prune(noon + timedelta(days=3))
    tamper(f"INSERT INTO audit VALUES (2, '{text}', '', '{hash_}')")
    assert audit.verify() == ["record 2 was pruned, but is in the log"]


def test_pruning_stops_at_the_first_record_that_is_to_be_kept_whatever_comes_behind_it(
    tmp_path: Path, noon: datetime, sale: MakeSale
) -> None:
    with closing(Database(tmp_path)) as database:
        audit = Audit(database)
        for day in (1, 5, 2):
            audit.append(sale(day))
        assert audit.prune(noon + timedelta(days=3)) == 1
        assert [head.number for head, _ in audit.records()] == [2, 3]


def test_a_time_in_another_zone_prunes_the_same(audit: Audit, noon: datetime) -> None:
    tokyo = timezone(timedelta(hours=9))
    assert audit.prune((noon + timedelta(days=3)).astimezone(tokyo)) == 3


def test_an_unreadable_record_goes_with_the_sound_one_behind_it(audit: Audit, tamper: Tamper, noon: datetime) -> None:
    tamper("UPDATE audit SET record = 'soup' WHERE number IN (1, 2, 5)")
    assert audit.prune(noon + timedelta(days=4)) == 4
    assert audit.verify() == ["record 5 was changed, or moved here from another place"]


def test_records_cannot_be_got_rid_of_by_making_them_look_old(audit: Audit, tamper: Tamper, noon: datetime) -> None:
    tamper("UPDATE audit SET record = replace(record, '2026-11', '1999-11')")
    assert audit.prune(noon - timedelta(days=365)) == 0
    assert len(audit.verify()) == 8


def test_a_log_that_is_pruned_while_it_is_verified_is_still_whole(
    database: Database, audit: Audit, noon: datetime, sale: MakeSale
) -> None:
    with closing(Database(database.file.parent, read_only=True)) as reader, reader.snapshot():
        read = Audit(reader)
        assert read.pruned.number == 0
        audit.prune(noon + timedelta(days=3))
        audit.append(sale(9))
        assert (read.verify(), read.head.number) == ([], 8)
    assert audit.verify() == []


def test_what_is_pruned_is_gone_from_the_file(tmp_path: Path, noon: datetime, sale: MakeSale) -> None:
    with closing(Database(tmp_path)) as database:
        audit = Audit(database)
        audit.append(sale(1).model_copy(update={"cashier_id": "unforgettable"}))
        audit.append(sale(9))
        audit.prune(noon + timedelta(days=3))
    assert [file.name for file in tmp_path.iterdir()] == ["lane.db"]
    assert b"unforgettable" not in (tmp_path / "lane.db").read_bytes()
