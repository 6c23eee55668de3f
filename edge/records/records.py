"""What is kept of a sale in which something restricted was scanned: words and numbers, no picture, no embedding."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from edge.decision.policy import Decision, Reason
from edge.till.messages import AgeInterval, CheckOutcome, Moment

Ended = Literal["completed", "cancelled", "abandoned"]
"""completed: sold. cancelled: the till gave it up. abandoned: the till opened another sale, or fell silent."""


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AlertRecord(Record):
    """An answer that the till was given. received_at: when the till said that it had it. expired: it came too late and
    was shown to nobody."""

    alert_id: str
    decision: Decision
    reasons: tuple[Reason, ...]
    age: AgeInterval | None
    p_under_legal: float | None
    threshold: int
    samples: int
    issued_at: Moment
    received_at: Moment | None = None
    expired: bool = False


class SaleRecord(Record):
    """A sale from opening to close. model, config: hashes of what decided. check: what the cashier says the ID check
    gave, None when none was reported. cashier_id: given by the till with the check or at the close."""

    sale_id: str
    lane: str
    till: str
    opened_at: Moment
    model: str
    config: str
    restricted_at: Moment | None = None
    alerts: tuple[AlertRecord, ...] = ()
    check: CheckOutcome | None = None
    checked_at: Moment | None = None
    cashier_id: str | None = None
    closed_at: Moment | None = None
    ended: Ended | None = None

    @property
    def answer(self) -> AlertRecord | None:
        """What stood when the sale ended: the last answer that was not expired; None when there was none."""
        return next((alert for alert in reversed(self.alerts) if not alert.expired), None)

    @property
    def decision(self) -> Decision:
        """The decision that stood when the sale ended; UNKNOWN, which means ask, when the till had no answer."""
        return self.answer.decision if self.answer else Decision.UNKNOWN

    @property
    def should_have_asked(self) -> bool:
        """Whether the last word to the till was to ask for ID. An UNKNOWN that a NO_CHALLENGE replaced is not held
        against the cashier who saw it replaced."""
        return self.decision is not Decision.NO_CHALLENGE

    def with_delivery(self, alert_id: str, *, received_at: datetime | None = None, expired: bool = False) -> SaleRecord:
        """The record with what became of one of its alerts. Only the first word counts: a till also confirms the news
        that an alert expired, and that alert stays expired."""
        alerts = tuple(
            alert.model_copy(update={"received_at": received_at, "expired": expired})
            if alert.alert_id == alert_id and alert.received_at is None and not alert.expired
            else alert
            for alert in self.alerts
        )
        return self.model_copy(update={"alerts": alerts})
