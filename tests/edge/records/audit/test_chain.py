"""The audit log as the agent writes it: a complete chain that only grows."""

from __future__ import annotations

from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edge.records.audit import Audit
from edge.records.chain import Head, Mark, chained
from edge.records.database import Database, StoreError
from edge.records.records import SaleRecord
from tests.edge.clocks import always
from tests.edge.records.audit.conftest import sale_of


def test_each_record_has_the_hash_of_the_record_before(audit: Audit, database: Database) -> None:
    rows = database.rows("SELECT number, before, hash FROM audit ORDER BY number")
    mark, *hashes = [str(written) for _, _, written in rows]
    assert [number for number, _, _ in rows] == list(range(1, 10))
    assert [before for _, before, _ in rows] == ["", *(f"{written} {mark}" for written in (mark, *hashes[:-1]))]
    assert audit.head == Head(9, hashes[-1])
    assert audit.verify() == []
    assert [record for _, record in audit.records()] == [sale_of(number) for number in range(1, 9)]


def test_a_log_begins_with_the_name_of_its_lane_and_so_does_each_month(audit: Audit, noon: datetime) -> None:
    december, january = (sale_of(1).model_copy(update={"opened_at": noon + timedelta(days=days)}) for days in (40, 70))
    for sale in (december, december, january):
        audit.append(sale, 0.0)
    assert audit.lane == "lane-1"
    assert [(head.number, mark) for head, mark in audit.marks()] == [
        (number, Mark(mark="lane", lane="lane-1", at=sale.opened_at, removed=0, removed_hash=""))
        for number, sale in ((1, sale_of(1)), (10, december), (13, january))
    ]
    assert (audit.verify(), audit.count(), audit.newest()) == ([], 11, january)


def test_an_empty_log_has_no_problems(tmp_path: Path, noon: datetime) -> None:
    with closing(Database(tmp_path)) as database:
        audit = Audit(database)
        assert (audit.head, audit.pruned, audit.verify(), list(audit.records())) == (Head(0, ""), Head(0, ""), [], [])
        assert audit.prune(noon, 1, always) == 0


def test_the_hash_is_sha_256_of_the_hashes_before_the_number_and_the_record() -> None:
    # printf 'ab\n7\n{}' | sha256sum
    assert chained("ab", 7, "{}") == "ff85e449147440de1b7ee891781f84698a1d7197a7d7a07a45b2de40d99d9498"


def test_a_record_that_could_not_be_written_leaves_no_trace(audit: Audit, database: Database) -> None:
    with suppress(RuntimeError), database.transaction():
        audit.append(sale_of(9), 0.0)
        raise RuntimeError("the power fails")
    assert audit.head.number == 9
    assert audit.verify() == []


def test_a_record_of_another_version_is_not_reported_as_changed(
    audit: Audit, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as newer:
        newer.setattr(SaleRecord, "model_dump_json", lambda _: '{"of": "a newer version"}')
        audit.append(sale_of(9), 0.0)
    assert audit.verify() == ["record 10 is unchanged, but this edge-agent cannot read it"]


def test_the_agent_itself_can_neither_change_nor_remove_a_record(database: Database) -> None:
    with pytest.raises(StoreError, match="never changed"), database.transaction() as connection:
        connection.execute("UPDATE audit SET record = '{}'")
    with pytest.raises(StoreError, match="only removed by pruning"), database.transaction() as connection:
        connection.execute("DELETE FROM audit WHERE number = 9")
