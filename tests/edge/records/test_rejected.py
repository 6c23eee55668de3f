"""Notes of what tills have sent in vain: added up by day, client and reason, bounded, readable while a lane runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.records.database import Database
from edge.records.rejected import MOST_ROWS, NOTES_KEPT, RejectedLately, RejectedStore, rejected_lately
from edge.till.rejections import RejectionNote

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
DAY_S = DAY.total_seconds()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RejectedStore]:
    database = Database(tmp_path)
    yield RejectedStore(database)
    database.close()


def test_notes_of_one_client_and_reason_are_added_up_and_the_last_explanation_counts(
    store: RejectedStore, tmp_path: Path
) -> None:
    store.add(
        {("till-1", "malformed"): RejectionNote(2, "first"), ("till-2", "malformed"): RejectionNote(9, "x")}, NOON, 0.0
    )
    store.add({("till-1", "malformed"): RejectionNote(3, "second")}, NOON + DAY, DAY_S)
    assert rejected_lately(tmp_path, NOON) == [
        RejectedLately("till-2", "malformed", 9, "x"),
        RejectedLately("till-1", "malformed", 5, "second"),
    ]
    assert rejected_lately(tmp_path, NOON + DAY) == [RejectedLately("till-1", "malformed", 3, "second")]


def test_old_notes_are_removed_by_the_time_that_has_passed_whatever_their_dates(
    store: RejectedStore, tmp_path: Path
) -> None:
    store.add({("till-1", "malformed"): RejectionNote(1, "old")}, NOON, 0.0)
    store.add({("till-1", "too-large"): RejectionNote(1, "new")}, NOON + DAY, (NOTES_KEPT + DAY).total_seconds())
    assert [note.explanation for note in rejected_lately(tmp_path, NOON - DAY)] == ["new"]


def test_many_clients_do_not_fill_the_disk(store: RejectedStore, tmp_path: Path) -> None:
    for number in range(MOST_ROWS + 20):
        store.add({(f"till-{number}", "malformed"): RejectionNote(1, "x")}, NOON, float(number))
    left = rejected_lately(tmp_path, NOON)
    assert len(left) == MOST_ROWS
    assert "till-0" not in {note.client for note in left}


def test_a_folder_of_no_lane_or_of_an_older_one_has_no_notes(tmp_path: Path) -> None:
    assert rejected_lately(tmp_path, NOON) == []
    Database(tmp_path).close()
    assert rejected_lately(tmp_path, NOON) == []
