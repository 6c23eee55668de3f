"""Changes of settings in the chain, between the sales."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from edge.records.audit import Audit
from edge.records.changes import ChangedSetting, SettingsChange
from edge.records.database import Database
from tests.edge.records.audit.conftest import NOON, Tamper, prune, sale_of


def change_of(day: int, lane: str = "lane-1") -> SettingsChange:
    """A change of the zone, an hour after the sale of a day."""
    zone = ChangedSetting(setting="zone", before=[[0, 0]], after=[[1, 1]])
    at = NOON + timedelta(days=day - 1, hours=1)
    return SettingsChange(lane=lane, at=at, by="page", name="anna", model="0123", config="4567", changed=(zone,))


def test_a_change_is_a_row_of_the_chain_and_no_sale(audit: Audit) -> None:
    audit.append(change_of(8), 0.0)
    assert audit.append(sale_of(9), 0.0).number == 11
    assert [(head.number, change) for head, change in audit.changes()] == [(10, change_of(8))]
    assert [sale.sale_id for _, sale in audit.records()] == [f"sale-{day}" for day in range(1, 10)]
    assert (audit.count(), audit.newest(), audit.verify()) == (9, sale_of(9), [])


def test_a_log_may_begin_with_a_change(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "new")) as database:
        audit = Audit(database)
        assert audit.append(change_of(8), 0.0).number == 2
        assert (audit.lane, audit.count(), audit.newest(), audit.verify()) == ("lane-1", 0, None, [])


def test_a_change_that_was_edited_is_reported(audit: Audit, tamper: Tamper) -> None:
    audit.append(change_of(8), 0.0)
    audit.append(sale_of(9), 0.0)
    tamper("UPDATE audit SET record = replace(record, 'anna', 'boris') WHERE number = 10")
    assert audit.verify() == ["record 10 was changed, or moved here from another place"]
    tamper("DELETE FROM audit WHERE number = 10")
    assert audit.verify() == ["record 10 is missing"]


def test_a_change_of_another_lane_is_reported(audit: Audit) -> None:
    audit.append(change_of(8, lane="lane-2"), 0.0)
    assert audit.verify() == ["record 10 is of lane lane-2, but the log is of lane lane-1"]


def test_changes_are_removed_with_the_records_of_their_age(database: Database, noon: datetime) -> None:
    audit = Audit(database)
    audit.append(change_of(8), 0.0)
    audit.append(sale_of(9), 0.0)
    audit.append(change_of(9), 0.0)
    assert prune(audit, noon + timedelta(days=8)) == 9
    assert ([change for _, change in audit.changes()], audit.count(), audit.verify()) == ([change_of(9)], 1, [])
    assert prune(audit, noon + timedelta(days=20)) == 2
    assert ([*audit.changes()], audit.count(), audit.verify()) == ([], 0, [])


def test_a_younger_change_keeps_what_follows_it(database: Database, noon: datetime) -> None:
    audit = Audit(database)
    audit.append(change_of(30), 0.0)
    audit.append(sale_of(9), 0.0)
    assert prune(audit, noon + timedelta(days=20)) == 8
    assert audit.count() == 1


def test_a_record_that_this_version_does_not_know_is_skipped_and_named(database: Database, tamper: Tamper) -> None:
    """As an older version does with changes."""
    audit = Audit(database)
    audit.append(change_of(8).model_copy(update={"change": "colour"}), 0.0)
    audit.append(sale_of(9), 0.0)
    assert (len([*audit.records()]), [*audit.changes()]) == (9, [])
    assert audit.verify() == ["record 10 is unchanged, but this edge-agent cannot read it"]
