"""The record of a sale with an age-restricted item: text and numbers only, no pictures and no embeddings."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from edge.decision.policy import Decision, Reason
from edge.till.messages import AgeInterval, CheckOutcome, Moment

Ended = Literal["completed", "cancelled", "abandoned"]
"""How a sale ended. completed: sold. cancelled: the till cancelled it. abandoned: the till opened another sale, or went
silent."""


class Record(BaseModel):
    """Base of the records: immutable, without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AlertRecord(Record):
    """One decision sent to the till. received_at: when the till confirmed it. expired: it came too late and was not
    shown."""

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
    """A sale from opening to close. model, config: hashes of the age model and of the settings. check: the result of
    the ID check as the cashier reported it, None without a report. cashier_id: from the till, with the check or at the
    close."""

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
        """The last alert that did not expire: the one in effect when the sale ended. None when there was none."""
        return next((alert for alert in reversed(self.alerts) if not alert.expired), None)

    @property
    def decision(self) -> Decision:
        """The decision in effect when the sale ended. UNKNOWN, which means ask, when the till had none."""
        return self.answer.decision if self.answer else Decision.UNKNOWN

    @property
    def should_have_asked(self) -> bool:
        """Whether the last decision asked for ID. An UNKNOWN that NO_CHALLENGE replaced does not count: the cashier saw
        it replaced."""
        return self.decision is not Decision.NO_CHALLENGE

    def with_delivery(self, alert_id: str, *, received_at: datetime | None = None, expired: bool = False) -> SaleRecord:
        """The record with the delivery of one alert: when it was received, or that it expired. Only the first call for
        an alert counts: a till also confirms that an alert expired, and the alert stays expired."""
        alerts = tuple(
            alert.model_copy(update={"received_at": received_at, "expired": expired})
            if alert.alert_id == alert_id and alert.received_at is None and not alert.expired
            else alert
            for alert in self.alerts
        )
        return self.model_copy(update={"alerts": alerts})
