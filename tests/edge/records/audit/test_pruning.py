"""Old records are removed, and the chain can still be verified."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

from edge.records.audit import Audit
from edge.records.chain import Head
from edge.records.database import Database
from tests.edge.records.audit.conftest import Tamper, forged, prune, sale_of


def test_pruning_removes_older_records_and_the_chain_continues(audit: Audit, hashes: list[str], noon: datetime) -> None:
    assert prune(audit, noon + timedelta(days=3)) == 3
    assert [head.number for head, _ in audit.records()] == [5, 6, 7, 8, 9]
    assert audit.pruned == Head(4, hashes[3])
    audit.append(sale_of(9))
    assert audit.verify() == []
    assert audit.verify(hashes[4]) == []
    assert prune(audit, noon + timedelta(days=3)) == 0


def test_a_log_may_be_pruned_completely_and_continue(audit: Audit, noon: datetime) -> None:
    assert prune(audit, noon + timedelta(days=99)) == 8
    assert (list(audit.records()), audit.pruned.number, audit.head.number) == ([], 9, 10)
    assert audit.append(sale_of(9)).number == 11
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
            audit.append(sale_of(day))
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
        audit.append(sale_of(9))
        assert (read.verify(), read.head.number) == ([], 9)
    assert audit.verify() == []


def test_pruned_text_is_erased_from_the_file(tmp_path: Path, noon: datetime) -> None:
    with closing(Database(tmp_path)) as database:
        audit = Audit(database)
        audit.append(sale_of(1).model_copy(update={"cashier_id": "unforgettable"}))
        audit.append(sale_of(9))
        prune(audit, noon + timedelta(days=3))
    assert [file.name for file in tmp_path.iterdir()] == ["lane.db"]
    assert b"unforgettable" not in (tmp_path / "lane.db").read_bytes()
