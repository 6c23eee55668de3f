"""Pending alerts: resent until confirmed, never sent late, and complete after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from edge.records.database import Database, StoreError
from edge.records.outbox import LONGEST_RESEND_S, MAX_EXPIRED, Outbox


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path)
    yield database
    database.close()


@pytest.fixture
def outbox(database: Database) -> Outbox:
    outbox = Outbox(database)
    outbox.add("a1", "sale-1", "till-1", "first", expires_at=100.0)
    outbox.add("a2", "sale-2", "till-2", "second", expires_at=200.0)
    return outbox


def test_an_alert_is_ready_at_once_and_then_with_growing_pauses(outbox: Outbox) -> None:
    times = [tenth / 10 for tenth in range(300) if outbox.take_ready("till-1", tenth / 10)]
    pauses = [round(later - before, 1) for before, later in pairwise(times)]
    assert times[0] == 0
    assert pauses[:5] == [0.5, 1.0, 2.0, 4.0, LONGEST_RESEND_S]
    assert set(pauses[4:]) == {LONGEST_RESEND_S}


def test_a_till_gets_its_own_alerts_only(outbox: Outbox) -> None:
    assert outbox.take_ready("till-2", 0.0) == ["second"]
    assert outbox.take_ready("till-3", 0.0) == []


def test_a_confirmed_alert_is_not_sent_again(outbox: Outbox) -> None:
    assert outbox.confirm("till-1", "a1")
    assert outbox.take_ready("till-1", 99.0) == []
    assert not outbox.confirm("till-1", "a1")


def test_another_till_cannot_confirm_an_alert(outbox: Outbox) -> None:
    assert not outbox.confirm("till-2", "a1")
    assert outbox.take_ready("till-1", 0.0) == ["first"]


def test_a_till_that_reconnects_gets_its_alerts_at_once(outbox: Outbox) -> None:
    for second in range(20):
        outbox.take_ready("till-1", float(second))
    outbox.resend_now("till-1")
    assert outbox.take_ready("till-1", 19.1) == ["first"]
    assert outbox.take_ready("till-1", 19.7) == ["first"]


def test_an_expired_alert_is_not_sent_and_is_listed_until_it_is_confirmed(outbox: Outbox) -> None:
    assert outbox.expire(99.9) == []
    assert outbox.expire(100.0) == ["a1"]
    assert outbox.expire(100.0) == []
    assert outbox.take_ready("till-1", 0.0) == []
    assert outbox.expired_for("till-1") == [("a1", "sale-1")]
    assert outbox.confirm("till-1", "a1")
    assert outbox.expired_for("till-1") == []


def test_the_alerts_of_a_closed_sale_are_not_sent(outbox: Outbox) -> None:
    assert outbox.close_sale("till-2", "sale-2") == ["a2"]
    assert outbox.take_ready("till-2", 0.0) == []


def test_the_alerts_survive_a_crash(outbox: Outbox, database: Database) -> None:
    outbox.expire(150.0)
    again = Outbox(database)
    assert again.take_ready("till-2", 0.0) == ["second"]
    assert again.take_ready("till-1", 0.0) == []
    assert again.expired_for("till-1") == [("a1", "sale-1")]


def test_the_oldest_expired_alerts_are_dropped(database: Database) -> None:
    outbox = Outbox(database)
    for number in range(MAX_EXPIRED + 5):
        outbox.add(f"a{number}", "sale", "till-1", "x", expires_at=1.0)
    outbox.expire(2.0)
    kept = outbox.expired_for("till-1")
    assert (len(kept), kept[0][0]) == (MAX_EXPIRED, "a5")
    assert Outbox(database).expired_for("till-1") == kept


def test_an_id_cannot_be_added_twice(outbox: Outbox) -> None:
    with pytest.raises(StoreError, match="cannot write"):
        outbox.add("a1", "sale-9", "till-9", "other", expires_at=1.0)
    assert outbox.take_ready("till-1", 0.0) == ["first"]
