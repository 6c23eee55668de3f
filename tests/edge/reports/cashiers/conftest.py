"""Sales as they end, and the state folder of a lane that has kept them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest

from edge.decision.policy import Decision, Reason
from edge.records.audit import Audit
from edge.records.database import Database
from edge.records.records import AlertRecord, SaleRecord
from edge.till.messages import AgeInterval

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=timezone.utc)
_REASONS = {
    Decision.CHALLENGE: Reason.LOOKS_YOUNG,
    Decision.NO_CHALLENGE: Reason.LOOKS_OLDER,
    Decision.UNKNOWN: Reason.NO_FACE,
}
_numbers = count(1)


def sale_of(
    cashier: str | None = "anna",
    decision: Decision | None = Decision.CHALLENGE,
    check: str | None = None,
    ended: str = "completed",
    opened_at: datetime = NOON,
    lane: str = "lane-1",
) -> SaleRecord:
    """A sale of beer. decision: None when the till had no answer."""
    number = next(_numbers)
    age = None if decision is Decision.UNKNOWN else AgeInterval(mean=21.6, low=16.5, high=27.4)
    alert = decision and AlertRecord(
        alert_id=f"alert-{number}", decision=decision, reasons=(_REASONS[decision],), age=age, p_under_legal=0.2,
        threshold=25, samples=7, issued_at=opened_at, received_at=opened_at,
    )  # fmt: skip
    return SaleRecord(
        sale_id=f"sale-{number}", lane=lane, till="till-1", opened_at=opened_at, model="0123456789ab", config="ba98",
        restricted_at=opened_at, alerts=(alert,) if alert else (), check=check, cashier_id=cashier,
        closed_at=opened_at + timedelta(minutes=1), ended=ended,
    )  # fmt: skip


@pytest.fixture(scope="session")
def noon() -> datetime:
    return NOON


@pytest.fixture(scope="session")
def sale() -> Callable[..., SaleRecord]:
    return sale_of


@pytest.fixture
def kept(tmp_path: Path) -> Callable[..., Path]:
    """The state folder of a lane that has kept these sales."""

    def keep(*sales: SaleRecord, lane: str = "lane") -> Path:
        folder = tmp_path / lane
        with closing(Database(folder)) as database:
            for one in sales:
                Audit(database).append(one)
        return folder

    return keep
