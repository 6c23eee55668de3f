"""The messages between agent and till, one model per type. `edge.till.envelope` wraps them in CloudEvents.

Unknown fields are ignored, so that newer tills work with older agents. Unknown types are answered with `lane.error`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    WithJsonSchema,
)

from edge.decision.policy import Decision, Reason
from edge.till.moments import Moment
from edge.till.tolerance import NeededInWhole, SafeValue

Id = Annotated[str, Field(min_length=1, max_length=128)]


def _without_parameters(value: object) -> object:
    return value.partition(";")[0].strip().lower() if isinstance(value, str) else value


ContentType = Annotated[Literal["application/json"], BeforeValidator(_without_parameters)]
"""JSON is UTF-8 whether or not the type says so, as in `application/json; charset=utf-8`."""

_KnownOrNewReason = Annotated[
    Reason | str,
    Field(union_mode="left_to_right"),
    WithJsonSchema({"type": "string", "examples": [reason.value for reason in Reason]}),
]
Reasons = tuple[_KnownOrNewReason, ...]
"""Why a decision was made. Reasons of newer agents are text: a till acts on the decision alone."""


def _known_decision(value: object) -> object:
    return Decision.UNKNOWN if isinstance(value, str) and value not in set(Decision) else value


KnownDecision = Annotated[Decision, BeforeValidator(_known_decision)]
"""A decision of a newer agent, which this till does not know, is read as UNKNOWN, so that the cashier asks."""


class Data(BaseModel):
    """The `data` of a message. type: the `type` of its envelope."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: ClassVar[str]


CheckOutcome = Literal["passed", "failed", "not-shown"]
"""Result of an ID check. passed: old enough. failed: too young. not-shown: no document was shown."""

CheckMeans = Literal["document", "digital-id", "known-customer", "manager-override", "obviously-of-age"]
"""How a cashier knew the age. document: passport or another paper. digital-id: an official app. known-customer: by the
shop's rule for customers it knows. manager-override: a manager decided. obviously-of-age: by the cashier's eye."""

Role = Literal["till", "attendant", "display"]
"""What a connection is for. till: sells. attendant: sees the alerts of all tills of the lane and reports ID checks.
display: sees the alerts and sends nothing."""

ErrorCode = Literal[
    "malformed", "too-large", "unknown-type", "unknown-version", "not-for-agent", "not-allowed", "no-such-sale",
    "sale-over", "wrong-mode", "expired",
]  # fmt: skip

STRICTEST_AGE = 100
MinimumAge = Annotated[int, Field(ge=1, le=STRICTEST_AGE)]
"""The age from which an item may be sold, in years. One that cannot be read is taken for STRICTEST_AGE, for which no
model has a limit, so that the cashier is told to ask."""


class Hello(Data):
    """A till greets the agent: when it starts, when the agent has been silent for 3 s, and whenever `lane.health` names
    a new `agent`. till: the identity of the connection."""

    type: ClassVar[str] = "lane.hello"
    till: Id
    role: Role = "till"


class CheckResult(BaseModel):
    """Result of an ID check. means: how the age was known, None when the till did not report it. authorised_by: who
    allowed a `manager-override`. minimum_age: the age that the check was for; by default that of the strictest item in
    the sale."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    outcome: CheckOutcome
    cashier_id: Id | None = None
    means: CheckMeans | None = None
    authorised_by: Id | None = None
    minimum_age: MinimumAge | None = None


class SaleReference(BaseModel):
    """Names a sale, of this lane or another. till, lane: by default those of the message."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sale_id: Id
    till: Annotated[Id | None, NeededInWhole()] = None
    lane: Annotated[Id | None, NeededInWhole()] = None


class ResumedSale(SaleReference):
    """The suspended sale that a sale continues. check: its last ID check, for a lane that does not know the sale."""

    check: CheckResult | None = None


class SaleOpened(Data):
    """A customer's sale begins, or a suspended or interrupted one continues. Another sale that this till has open is
    set aside. resumes: the suspended sale, if its id, till or lane was another. training: the sale is only an exercise;
    it is answered, and no report counts it."""

    type: ClassVar[str] = "lane.sale.opened"
    sale_id: Id
    cashier_id: Id | None = None
    resumes: ResumedSale | None = None
    training: bool = False


class AgeRestrictedItem(BaseModel):
    """An age-restricted item in a sale. minimum_age: None for the legal age of the lane."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sku: Id | None = None
    minimum_age: Annotated[MinimumAge | None, SafeValue(STRICTEST_AGE)] = None


class RestrictedItem(Data, AgeRestrictedItem):
    """An age-restricted item was scanned. Sent for each one; the first one requests a decision, and one with a higher
    minimum age requests a new one. minimum_age: None for the legal age of the lane."""

    type: ClassVar[str] = "lane.sale.restricted_item"
    sale_id: Id


class ItemRemoved(Data):
    """An age-restricted item was removed from the sale. remaining: all age-restricted items that are left; without it
    the agent removes one item, with this sku if there is one."""

    type: ClassVar[str] = "lane.sale.item_removed"
    sale_id: Id
    sku: Id | None = None
    remaining: Annotated[tuple[AgeRestrictedItem, ...] | None, SafeValue(({"minimum_age": STRICTEST_AGE},))] = None


class SaleSuspended(Data):
    """The sale is set aside and may continue later, at this till or another one. resumed_as: sent again when the till
    learns that another lane has resumed the sale."""

    type: ClassVar[str] = "lane.sale.suspended"
    sale_id: Id
    cashier_id: Id | None = None
    resumed_as: SaleReference | None = None


class IdChecked(Data, CheckResult):
    """Result of an ID check: during the sale, up to 10 minutes before it is opened, or up to 5 minutes after it was
    closed. The last one counts. till: whose sale it is; only an attendant needs it. For the other fields see
    `CheckResult`."""

    type: ClassVar[str] = "lane.id.checked"
    sale_id: Id
    till: Annotated[Id | None, NeededInWhole()] = None


Number = Annotated[float, Field(allow_inf_nan=False)]


class BasketLine(BaseModel):
    """One line of the basket. category: the shop's own name for a group of goods. quantity: negative for a return.
    price: of one unit, in the shop's currency.

    Any finite number is accepted, so that an odd line cannot keep a sale open.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    # The schema promises a sku. Without one that can be used, the rest of the line still counts.
    sku: Annotated[Id | None, SafeValue(None), WithJsonSchema(TypeAdapter(Id).json_schema())]
    category: Id | None = None
    quantity: Number = 1
    price: Number | None = None
    restricted: Annotated[bool, SafeValue(True)] = False


PROMISED_LINES = 500
Basket = Annotated[tuple[BasketLine, ...], Field(json_schema_extra={"maxItems": PROMISED_LINES})]
"""The schema promises PROMISED_LINES. The agent takes more, so that a long basket does not keep a sale open."""


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
    """The sale is over. completed: whether it was paid. basket: without a restricted line, nothing restricted was sold.
    offer: the result of the agent's offer, if it made one."""

    type: ClassVar[str] = "lane.sale.closed"
    sale_id: Id
    completed: bool = True
    cashier_id: Id | None = None
    basket: Basket = ()
    offer: OfferReply | None = None


class Ack(Data):
    """Confirms a message. message_id: the `id` of the received message. alert_id: set when that was a `lane.alert`, or
    a `lane.error` with an `alert_id`. dropped: parts of the message that the agent could not use and ignored."""

    type: ClassVar[str] = "lane.ack"
    message_id: Id
    alert_id: Id | None = None
    dropped: tuple[str, ...] = ()


class Error(Data):
    """A message could not be used, or an alert came too late. text: why, and how to fix it."""

    type: ClassVar[str] = "lane.error"
    # Newer agents may have other codes.
    code: Annotated[ErrorCode | str, WithJsonSchema({"type": "string", "examples": [*get_args(ErrorCode)]})]
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
    """The decision about a sale: whether to ask for ID. till: whose sale it is; None when the agent opened it.
    legal_age: the minimum age of the strictest restricted item, which the decision is for. threshold: customers who
    look younger than about this age are asked; 101 when everybody is. max_p_under_legal: the limit itself; customers
    are asked when `p_under_legal` is above it, None when everybody is. training: the sale is only an exercise."""

    type: ClassVar[str] = "lane.alert"
    alert_id: Id
    sale_id: Id
    lane: str
    till: Id | None = None
    decision: KnownDecision
    reasons: Reasons
    age: AgeInterval | None
    p_under_legal: float | None
    legal_age: int | None = None
    threshold: int
    max_p_under_legal: float | None = None
    samples: int
    model: str
    text: Text
    issued_at: Moment
    expires_at: Moment
    training: bool = False
    grab_to_alert_ms: float | None
    """Time from grabbing the deciding frame to this message; None in a replay, and when no frame decided."""


class AlertWithdrawn(Data):
    """Nothing is to be asked in a sale any more: its prompt is removed. To attendants and displays it is resent until
    they acknowledge it; to the sale's own till it is sent once, because that till knows it."""

    type: ClassVar[str] = "lane.alert.withdrawn"
    sale_id: Id
    lane: str
    till: Id | None = None
    issued_at: Moment


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
    decision: KnownDecision | None
    reasons: Reasons
    analysing: bool


MESSAGES: dict[str, type[Data]] = {
    data.type: data
    for data in (
        *(Hello, SaleOpened, RestrictedItem, ItemRemoved, SaleBasket, IdChecked, SaleSuspended, SaleClosed),
        *(Ack, Error, Alert, AlertWithdrawn, Offer, Health, State),
    )
}
"""The model of every message type."""

FROM_TILLS: tuple[type[Data], ...] = (
    *(Hello, SaleOpened, RestrictedItem, ItemRemoved, SaleBasket, IdChecked, SaleSuspended, SaleClosed),
    Ack,
)
"""What a till may send."""
