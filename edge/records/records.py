"""The record of a sale with an age-restricted item: text and numbers only, no pictures and no embeddings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.decision.policy import Decision, Reason
from edge.till.messages import AgeInterval, AgeRestrictedItem, CheckMeans, CheckOutcome, SaleReference
from edge.till.moments import Moment

Ended = Literal["completed", "cancelled", "withdrawn", "not-asked", "suspended", "abandoned"]
"""How a sale ended. completed: paid, with something restricted. cancelled: not paid. withdrawn: nothing restricted was
left in it. not-asked: paid with something restricted that the till had not reported before. suspended: set aside, and
not resumed on this lane. abandoned: the till never closed it."""


Waiting = Literal["announced", "interrupted", "suspended"]
"""Why a sale that is neither open nor over waits. announced: a check was reported before it was opened. interrupted:
its till opened another sale. suspended: its till suspended it."""


class Record(BaseModel):
    """Base of the records: immutable, without unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AlertRecord(Record):
    """One decision sent to the till. legal_age, max_p_under_legal: see `edge.till.messages.Alert`; None in records of
    older versions. received_at: when the till confirmed it. expired: it came too late and was not shown."""

    alert_id: str
    decision: Decision
    reasons: tuple[Reason, ...]
    age: AgeInterval | None
    p_under_legal: float | None
    legal_age: int | None = None
    threshold: int
    max_p_under_legal: float | None = None
    samples: int
    issued_at: Moment
    received_at: Moment | None = None
    expired: bool = False


class CheckRecord(Record):
    """A reported ID check. till: which till or attendant reported it. cashier_id: who checked, None when not reported.
    minimum_age: the age that was checked for; None in records of older versions. carried: made at another lane, from
    which the sale was resumed; it counts there. For means and authorised_by see `edge.till.messages.CheckResult`."""

    outcome: CheckOutcome
    at: Moment
    till: str
    cashier_id: str | None = None
    means: CheckMeans | None = None
    authorised_by: str | None = None
    minimum_age: int | None = None
    carried: bool = False

    def answers_for(self, minimum_age: int | None) -> bool:
        """Whether this check says something about items of this minimum age: passing a check for a lower age does not,
        nor does being too young for a higher one."""
        if minimum_age is None or self.minimum_age is None or self.outcome == "not-shown":
            return True
        return self.minimum_age >= minimum_age if self.outcome == "passed" else self.minimum_age <= minimum_age


RecordKey = tuple[str, str, str, datetime]
"""Lane, till, sale id and opening: names a sale."""


class SaleRecord(Record):
    """A sale from opening to close. In its log, a sale is named by its lane, till, sale_id and opened_at together.

    store, box: their names when the sale was opened; None in records of older versions.
    model, config: hashes of the age model and of the settings.
    training: only an exercise; no report counts it.
    restricted: the restricted items that are in the sale. restricted_at: when the first one was scanned.
    withdrawn_at: when the last one was removed.
    item_messages: fingerprints of the till's messages about restricted items, so that a repeated one changes nothing;
    none when the sale is over.
    checks: the reported ID checks, oldest first.
    opened_at, closed_at: by the box's clock. till_opened_at, till_closed_at: the same by the till's clock, as it said;
    None if it did not, and in records of older versions.
    opened_by, closed_by: the cashier, as the till reported with the opening and the close.
    waiting, suspended_at: why the sale is set aside, None while it is open and when it is over; and since when.
    resumed_from, resumed_as: the same sale under another id, till or lane.
    revision: a record with a higher number replaces those of the same sale: a check was reported after the close.
    """

    sale_id: str
    lane: str
    till: str
    opened_at: Moment
    model: str
    config: str
    training: bool = False
    restricted: tuple[AgeRestrictedItem, ...] = ()
    restricted_at: Moment | None = None
    withdrawn_at: Moment | None = None
    item_messages: Annotated[tuple[str, ...], Field(exclude_if=lambda messages: not messages)] = ()
    alerts: tuple[AlertRecord, ...] = ()
    checks: tuple[CheckRecord, ...] = ()
    opened_by: str | None = None
    closed_by: str | None = None
    waiting: Waiting | None = None
    suspended_at: Moment | None = None
    resumed_from: SaleReference | None = None
    resumed_as: SaleReference | None = None
    closed_at: Moment | None = None
    ended: Ended | None = None
    revision: int = 0
    till_opened_at: Moment | None = None
    till_closed_at: Moment | None = None
    store: str | None = None
    box: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_older_version(cls, values: Any) -> Any:
        """Records of older versions have one check, and one cashier who may have checked or closed."""
        if not isinstance(values, dict) or not {"check", "checked_at", "cashier_id"} & values.keys():
            return values
        values = dict(values)
        outcome, at, cashier = (values.pop(name, None) for name in ("check", "checked_at", "cashier_id"))
        if outcome is not None:
            check = {
                "outcome": outcome,
                "at": at or values.get("opened_at"),
                "till": values.get("till"),
                "cashier_id": cashier,
            }
            values["checks"] = [check]
        if cashier is not None:
            values["closed_by"] = cashier
        if values.get("restricted_at") is not None:
            values.setdefault("restricted", [{}])
        return values

    @model_validator(mode="before")
    @classmethod
    def _of_version_without_carried(cls, values: Any) -> Any:
        """Records of older versions do not say that a check was carried: it came from another lane with the opening."""
        if not isinstance(values, dict) or not (origin := values.get("resumed_from")) or not values.get("checks"):
            return values
        first, *others = values["checks"]
        if not isinstance(first, dict) or not isinstance(origin, dict) or "carried" in first:
            return values
        carried = origin.get("lane") not in (None, values.get("lane")) and first.get("at") == values.get("opened_at")
        return {**values, "checks": [{**first, "carried": carried}, *others]}

    @property
    def key(self) -> RecordKey:
        """Names the sale."""
        return self.lane, self.till, self.sale_id, self.opened_at

    @property
    def cashier_id(self) -> str | None:
        """The cashier who closed the sale; without one, the last who was named in it."""
        checkers = [check.cashier_id for check in reversed(self.checks) if check.cashier_id and check.till == self.till]
        return next((name for name in (self.closed_by, *checkers, self.opened_by) if name), None)

    @property
    def minimum_age(self) -> int | None:
        """The minimum age of the strictest restricted item in the sale; None without one, and in older records."""
        return max((item.minimum_age for item in self.restricted if item.minimum_age is not None), default=None)

    @property
    def restricted_skus(self) -> frozenset[str]:
        """Skus of the restricted items in the sale."""
        return frozenset(item.sku for item in self.restricted if item.sku)

    def repeats_check(self, check: CheckRecord) -> bool:
        """Whether a check is the last one again: a till repeats a check when our reply was lost in a restart."""
        return bool(self.checks) and self.checks[-1] == check.model_copy(update={"at": self.checks[-1].at})

    @property
    def last_check(self) -> CheckRecord | None:
        """The last check that answers for the strictest item; None without one."""
        age = self.minimum_age
        return next((check for check in reversed(self.checks) if check.answers_for(age)), None)

    @property
    def check(self) -> CheckOutcome | None:
        """The result of the last check that answers for the strictest item; None without one."""
        return self.last_check.outcome if self.last_check else None

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

    def without_pending_alerts(self) -> SaleRecord:
        """The record with every alert marked as expired that its till has not confirmed."""
        record = self
        for alert in self.alerts:
            if alert.received_at is None:
                record = record.with_delivery(alert.alert_id, expired=True)
        return record

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
