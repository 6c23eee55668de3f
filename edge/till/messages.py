"""The messages between agent and till, one model per type. `edge.till.envelope` wraps them in CloudEvents.

Unknown fields are ignored, so that newer tills work with older agents. Unknown types are answered with `lane.error`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from edge.decision.policy import Decision, Reason

Id = Annotated[str, Field(min_length=1, max_length=128)]


def _rfc3339(moment: datetime) -> str:
    moment = moment.astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


Moment = Annotated[AwareDatetime, PlainSerializer(_rfc3339, when_used="json")]
"""A time with a zone; in JSON it is RFC 3339 in UTC, with milliseconds."""

Reasons = tuple[
    Annotated[Reason, WithJsonSchema({"type": "string", "examples": [reason.value for reason in Reason]})], ...
]
"""Why a decision was made. The schema allows unknown reasons: a till acts on the decision alone."""


class Data(BaseModel):
    """The `data` of a message. type: the `type` of its envelope."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: ClassVar[str]


CheckOutcome = Literal["passed", "failed", "not-shown"]
"""Result of an ID check. passed: old enough. failed: too young. not-shown: no document was shown."""

ErrorCode = Literal["malformed", "unknown-type", "not-for-agent", "no-such-sale", "wrong-mode", "expired"]


class Hello(Data):
    """A till greets the agent: when it starts, when the agent has been silent for 3 s, and whenever `lane.health` names
    a new `agent`. till: the identity of the connection."""

    type: ClassVar[str] = "lane.hello"
    till: Id


class SaleOpened(Data):
    """A customer's sale begins, or an interrupted one continues. Any other sale that was open ends."""

    type: ClassVar[str] = "lane.sale.opened"
    sale_id: Id


class RestrictedItem(Data):
    """An age-restricted item was scanned. Sent for each one; the first one requests a decision."""

    type: ClassVar[str] = "lane.sale.restricted_item"
    sale_id: Id
    sku: Id | None = None


class IdChecked(Data):
    """Result of the ID check. If sent more than once, the last one counts."""

    type: ClassVar[str] = "lane.id.checked"
    sale_id: Id
    outcome: CheckOutcome
    cashier_id: Id | None = None


Number = Annotated[float, Field(allow_inf_nan=False)]


class BasketLine(BaseModel):
    """One line of the basket. category: the shop's own name for a group of goods. quantity: negative for a return.
    price: of one unit, in the shop's currency.

    Any finite number is accepted, so that an odd line cannot keep a sale open.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    sku: Id
    category: Id | None = None
    quantity: Number = 1
    price: Number | None = None
    restricted: bool = False


Basket = Annotated[tuple[BasketLine, ...], Field(max_length=500)]


class SaleBasket(Data):
    """The complete basket so far, for lanes that make offers. Sent after each change and not resent: the next one
    replaces it."""

    type: ClassVar[str] = "lane.sale.basket"
    sale_id: Id
    basket: Basket


class OfferReply(BaseModel):
    """Result of an offer. shown: the customer neither took nor refused it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    offer_id: Id
    outcome: Literal["taken", "refused", "shown", "not-shown"]


class SaleClosed(Data):
    """The sale is over. completed: false when no restricted item was sold. offer: the result of the agent's offer, if
    it made one."""

    type: ClassVar[str] = "lane.sale.closed"
    sale_id: Id
    completed: bool = True
    cashier_id: Id | None = None
    basket: Basket = ()
    offer: OfferReply | None = None


class Ack(Data):
    """Confirms a message. message_id: the `id` of the received message. alert_id: set when that was a `lane.alert`, or
    a `lane.error` with an `alert_id`."""

    type: ClassVar[str] = "lane.ack"
    message_id: Id
    alert_id: Id | None = None


class Error(Data):
    """A message could not be used, or an alert came too late. text: why, and how to fix it."""

    type: ClassVar[str] = "lane.error"
    code: Annotated[ErrorCode, WithJsonSchema({"type": "string", "examples": [*get_args(ErrorCode)]})]
    text: str
    message_id: str | None = None
    alert_id: Id | None = None
    sale_id: Id | None = None


class Health(Data):
    """The agent's heartbeat, sent to every till each second. A till that receives nothing for 3 s asks everyone for ID.

    agent: a new value means that the agent was restarted: send `lane.hello`, and open the running sale again. problems:
    what is wrong, for the cashier's screen. While the camera or the sale record has a problem, decisions are UNKNOWN.
    """

    type: ClassVar[str] = "lane.health"
    lane: str
    agent: Id
    status: Literal["ok", "degraded"]
    problems: tuple[str, ...]


class AgeInterval(BaseModel):
    """An estimated age in years: the mean, and the ends of the 90 % interval."""

    model_config = ConfigDict(frozen=True)

    mean: float
    low: float
    high: float

    @property
    def completed_years(self) -> int:
        """The mean rounded down, as people state their age: 27.9 is younger than 28, and must not print as 28."""
        return int(self.mean)

    def __str__(self) -> str:
        return f"{self.completed_years} ({self.low:.0f}-{self.high:.0f})"


class Text(BaseModel):
    """A prompt for the cashier, in Russian and English."""

    model_config = ConfigDict(frozen=True)

    ru: str
    en: str


class Alert(Data):
    """The decision about a sale: whether to ask for ID."""

    type: ClassVar[str] = "lane.alert"
    alert_id: Id
    sale_id: Id
    lane: str
    decision: Decision
    reasons: Reasons
    age: AgeInterval | None
    p_under_legal: float | None
    threshold: int
    samples: int
    model: str
    text: Text
    issued_at: Moment
    expires_at: Moment
    grab_to_alert_ms: float | None
    """Time from grabbing the deciding frame to this message; None in a replay, and when no frame decided."""


class Offer(Data):
    """A product or category to offer to the customer, at most one per sale. Neither resent nor acknowledged, and never
    shown while the cashier should ask for ID. It contains nothing about the customer."""

    type: ClassVar[str] = "lane.offer"
    offer_id: Id
    sale_id: Id
    lane: str
    category: str | None
    sku: str | None
    text: Text
    issued_at: Moment


class State(Data):
    """What the lane sees, for screens. customer: a number without meaning outside this run."""

    type: ClassVar[str] = "lane.state"
    lane: str
    frame: int
    people: int
    customer: int | None
    age: AgeInterval | None
    decision: Decision | None
    reasons: Reasons
    analysing: bool


MESSAGES: dict[str, type[Data]] = {
    data.type: data
    for data in (
        *(Hello, SaleOpened, RestrictedItem, SaleBasket, IdChecked, SaleClosed),
        *(Ack, Error, Alert, Offer, Health, State),
    )
}
"""The model of every message type."""
