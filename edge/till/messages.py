"""The messages between agent and till: CloudEvents 1.0 in JSON, one model per type.

Unknown fields of a message are ignored, so that newer tills work with older agents; unknown types are answered with
`lane.error`.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)

from edge.decision.policy import Decision, Reason
from edge.settings.problems import in_one_line

Id = Annotated[str, Field(min_length=1, max_length=128)]


def _rfc3339(moment: datetime) -> str:
    moment = moment.astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


Moment = Annotated[AwareDatetime, PlainSerializer(_rfc3339, when_used="json")]
"""A time in UTC; in JSON RFC 3339 with milliseconds."""


Reasons = tuple[
    Annotated[Reason, WithJsonSchema({"type": "string", "examples": [reason.value for reason in Reason]})], ...
]
"""Why a decision was made. The schema leaves the list open: what to do is said by the decision alone."""


class Data(BaseModel):
    """What a message of one type carries."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: ClassVar[str]


CheckOutcome = Literal["passed", "failed", "not-shown"]
"""What asking for ID gave: old enough, too young, or no document was shown."""

ErrorCode = Literal["malformed", "unknown-type", "not-for-agent", "no-such-sale", "wrong-mode", "expired"]


class Hello(Data):
    """A till reports for work at a lane: at start, after three seconds of silence, and whenever `lane.health` names an
    agent that it has not met. till: the identity of its connection."""

    type: ClassVar[str] = "lane.hello"
    till: Id


class SaleOpened(Data):
    """A customer's sale begins, or one that was interrupted goes on; whichever sale was open before is over."""

    type: ClassVar[str] = "lane.sale.opened"
    sale_id: Id


class RestrictedItem(Data):
    """Something was scanned that must not be sold to the young. Said for every such item; the first one asks."""

    type: ClassVar[str] = "lane.sale.restricted_item"
    sale_id: Id
    sku: Id | None = None


class IdChecked(Data):
    """What asking for ID gave; the last word counts."""

    type: ClassVar[str] = "lane.id.checked"
    sale_id: Id
    outcome: CheckOutcome
    cashier_id: Id | None = None


Number = Annotated[float, Field(allow_inf_nan=False)]


class BasketLine(BaseModel):
    """Something in the basket. category: of goods, in the shop's own words. quantity: negative for what was brought
    back. price: of one, in the shop's currency.

    Any number is taken: a sale must not stay open because a line in it looks odd.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    sku: Id
    category: Id | None = None
    quantity: Number = 1
    price: Number | None = None
    restricted: bool = False


Basket = Annotated[tuple[BasketLine, ...], Field(max_length=500)]


class SaleBasket(Data):
    """What is in the basket so far, all of it; wanted by lanes that make offers. Said after each line and not repeated:
    the next one says everything that this one did."""

    type: ClassVar[str] = "lane.sale.basket"
    sale_id: Id
    basket: Basket


class OfferReply(BaseModel):
    """What became of an offer. shown: the customer neither took nor refused it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    offer_id: Id
    outcome: Literal["taken", "refused", "shown", "not-shown"]


class SaleClosed(Data):
    """The sale is over. completed: false when nothing restricted was sold in the end. offer: what became of the
    one that the agent made, if it made one."""

    type: ClassVar[str] = "lane.sale.closed"
    sale_id: Id
    completed: bool = True
    cashier_id: Id | None = None
    basket: Basket = ()
    offer: OfferReply | None = None


class Ack(Data):
    """`message_id`: the `id` of the message that arrived. `alert_id`: given when it was an alert, or the news that one
    expired."""

    type: ClassVar[str] = "lane.ack"
    message_id: Id
    alert_id: Id | None = None


class Error(Data):
    """A message could not be used, or an alert came too late; `text` says why and how to mend it."""

    type: ClassVar[str] = "lane.error"
    code: Annotated[ErrorCode, WithJsonSchema({"type": "string", "examples": [*get_args(ErrorCode)]})]
    text: str
    message_id: str | None = None
    alert_id: Id | None = None
    sale_id: Id | None = None


class Health(Data):
    """The agent is there; sent to every till each second. A till that hears nothing for 3 s asks everyone for ID.

    agent: a new one means that the agent has started anew: say hello, and open the running sale again. problems: what
    is wrong, for the cashier's screen; while the camera or the record of sales is, answers are UNKNOWN.
    """

    type: ClassVar[str] = "lane.health"
    lane: str
    agent: Id
    status: Literal["ok", "degraded"]
    problems: tuple[str, ...]


class AgeInterval(BaseModel):
    """Years: the mean, and the ends of the 90 % interval."""

    model_config = ConfigDict(frozen=True)

    mean: float
    low: float
    high: float

    @property
    def completed_years(self) -> int:
        """The mean as people tell their age: who looks 27.9 is younger than 28, and must not read as 28."""
        return int(self.mean)

    def __str__(self) -> str:
        return f"{self.completed_years} ({self.low:.0f}-{self.high:.0f})"


class Text(BaseModel):
    """What the cashier reads."""

    model_config = ConfigDict(frozen=True)

    ru: str
    en: str


class Alert(Data):
    """The answer about a sale: whether to ask for ID."""

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
    """Time from grabbing the frame that decided to this message; None in a replay and where no frame did."""


class Offer(Data):
    """Something that the customer may want to buy as well; at most one a sale. Neither repeated nor acknowledged, and
    never shown while ID is to be asked for. It says nothing of the customer."""

    type: ClassVar[str] = "lane.offer"
    offer_id: Id
    sale_id: Id
    lane: str
    category: str | None
    sku: str | None
    text: Text
    issued_at: Moment


class State(Data):
    """What the lane sees, for screens. `customer` is a number that means nothing outside this run."""

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


def schema_name(data: type[Data]) -> str:
    """What `dataschema` says. The version grows when a reader of the one before could go wrong, not for a new field."""
    return f"urn:edge-agent:{data.type}:1"


class Event(BaseModel):
    """The CloudEvents envelope."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: Id
    source: Annotated[str, Field(min_length=1)]
    type: str
    time: Moment
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str | None = None
    data: dict[str, Any]

    def to_json(self) -> str:
        return self.model_dump_json(exclude_none=True)

    def content(self) -> Data:
        """The data as its own type. Raises ValueError, one line, for an unknown type or data that does not fit."""
        if self.type not in MESSAGES:
            raise ValueError(f"unknown type {self.type!r}: known are {', '.join(MESSAGES)}")
        try:
            return MESSAGES[self.type].model_validate(self.data)
        except ValidationError as problem:
            raise ValueError(in_one_line(problem, "message")) from None


def wrap(data: Data, *, id: str, source: str, time: datetime) -> Event:
    """Put a message into its envelope."""
    return Event(
        id=id,
        source=source,
        type=data.type,
        time=time,
        dataschema=schema_name(type(data)),
        data=data.model_dump(mode="json"),
    )


def parse(raw: bytes) -> Event:
    """Read one message. Raises ValueError, one line, for anything that is not a CloudEvent in JSON."""
    try:
        return Event.model_validate_json(raw)
    except ValidationError as problem:
        raise ValueError(in_one_line(problem, "message")) from None
