"""The state of one lane: who stands there, which sale is open, and what the till is told. Pure: no socket, no clock."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from edge.decision.customer import CustomerZone
from edge.decision.policy import Decision, Reason, Verdict, decide
from edge.lane.outcomes import NOBODY, Closed, Outcome, OutgoingMessage
from edge.lane.sale import Sale, resume
from edge.purchases.goods import restricted_names
from edge.records.records import AlertRecord, SaleRecord
from edge.till.messages import (
    Ack,
    AgeInterval,
    Alert,
    Data,
    Error,
    Hello,
    IdChecked,
    RestrictedItem,
    SaleBasket,
    SaleClosed,
    SaleOpened,
    State,
)
from edge.till.prompts import prompt

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from edge.decision.customer import Person
    from edge.decision.fusion import AgeEstimate
    from edge.frames import Frame
    from edge.offers.book import OfferBook
    from edge.records.records import Ended
    from edge.settings.config import Settings
    from edge.till.identity import Identity
    from edge.till.messages import BasketLine, ErrorCode, Offer, OfferReply
    from edge.vision.faces import Faces

_STATE_EVERY_S = 1.0
_BLIND_S = 1.0
"""A frame older than this says nothing about who stands there now."""

SALE_SILENT_S = 3600.0
"""A sale whose till has not spoken of it for so long is taken to be abandoned."""

_KNOWN_OVER = 64
"""So many closed sales are remembered, for tills that repeat an old message because its answer was lost."""


class Lane:
    """Takes in frames' faces and the till's messages, and gives out what to tell and what to keep."""

    def __init__(self, settings: Settings, challenge_age: int, model_hash: str, identity: Identity) -> None:
        self._identity = identity
        self._has_tills = False
        self.change(settings, challenge_age, model_hash)
        self._seen_s: float | None = None
        self._sequence = -1
        self._last_state: State | None = None
        self._last_state_s = -_STATE_EVERY_S
        self._over: deque[tuple[str, str]] = deque(maxlen=_KNOWN_OVER)
        self.recording = True
        """Set to False while nothing can be kept on disk: the answers are UNKNOWN then."""
        self.offers: OfferBook | None = None
        """Set where there are any; only while no till has a sale open."""
        self.restricted: set[str] = set()
        """The names of goods that tills have marked as restricted, ever; only to be added to."""

    def change(self, settings: Settings, challenge_age: int, model_hash: str) -> None:
        """Go on with other settings or another model; only while no till has a sale open, since a sale is judged by one
        set of them. Whoever stands in the zone is looked at anew."""
        self._settings, self._challenge_age, self._model_hash = settings, challenge_age, model_hash
        self._zone = CustomerZone(settings)
        self._sale: Sale | None = None

    @property
    def _continuous(self) -> bool:
        """Whether the zone opens the sales. In mode auto the tills do from the first one on."""
        mode = self._settings.mode
        return mode == "continuous" or (mode == "auto" and not self._has_tills)

    @property
    def analysing(self) -> bool:
        """Whether ages are wanted now: always in continuous mode, else while a sale is open."""
        return self._continuous or self._sale is not None

    @property
    def open_record(self) -> SaleRecord | None:
        """What must outlive a crash of the sale that a till has open."""
        return self._sale.record if self._sale and self._sale.record.till != NOBODY else None

    @property
    def people(self) -> dict[int, Person]:
        """By track, who was seen in the zone lately."""
        return self._zone.seen

    @property
    def state(self) -> State | None:
        """What screens were told last."""
        return self._last_state

    @property
    def challenge_age(self) -> int:
        """Everybody who looks younger is asked."""
        return self._challenge_age

    @property
    def owes_answer(self) -> bool:
        """Whether a till has scanned something and was not told anything yet."""
        sale = self._sale if self.open_record else None
        return bool(sale and sale.restricted_s is not None and sale.told is None and not sale.missed)

    def beside(self) -> Lane:
        """A lane with the same settings that has seen nothing yet, for a till to be tried out on."""
        settings = self._settings.model_copy(update={"mode": "on-sale"})
        return Lane(settings, self._challenge_age, self._model_hash, self._identity)

    def blind(self, now_s: float) -> bool:
        """Whether the last frame is too old to say who stands there."""
        return self.frame_age_s(now_s) > _BLIND_S

    def frame_age_s(self, now_s: float) -> float:
        """How old the last frame is; infinite before the first one."""
        return math.inf if self._seen_s is None else now_s - self._seen_s

    def resume(self, record: SaleRecord | None, closed: Iterable[SaleRecord], now_s: float) -> None:
        """Go on after a restart. record: the sale that was open. closed: the last ones before it, oldest first."""
        self._over.extend((one.till, one.sale_id) for one in closed if one.ended != "abandoned")
        if record:
            self._serve_till()
            self._sale = resume(record, now_s)

    def due(self, faces: Faces, frame: Frame) -> NDArray[np.bool_]:
        """bool (N,): which tracked faces of a frame it is time to look at, see `CustomerZone.due`."""
        return self._zone.due(faces, frame.pixels.shape, frame.grab_s)

    def see(self, faces: Faces, frame: Frame, now_s: float) -> list[Outcome]:
        """Take in what the pipeline said of a frame. now_s: the same clock as the frame's grab time."""
        self._zone.see(faces, frame.pixels.shape, frame.grab_s)
        self._seen_s, self._sequence = frame.grab_s, frame.sequence
        customer = self._zone.customer
        if self._continuous:
            self._keep_sale_of(customer.track_id if customer else None, frame.grab_s)
        elif self._sale and customer and customer.age.looks:
            self._sale = self._sale.with_customer(customer.track_id)
        return self.tick(now_s)

    def tick(self, now_s: float) -> list[Outcome]:
        """What time alone may bring: an answer that is due although no frame came, and the end of a forgotten sale."""
        outcomes: list[Outcome] = []
        if self.open_record and self._sale and now_s - self._sale.heard_s > SALE_SILENT_S:
            outcomes += self._close("abandoned", None, now_s)
        found = self._verdict(now_s)
        if self._sale and found.age and self._zone.customer:
            self._sale = self._sale.known(self._zone.customer.age)
        if self._sale and (due := self._sale.due(found, now_s, self._settings.policy.answer_within_s)):
            alert = self._alert(self._sale, due, now_s)
            self._sale = self._sale.answered(due, _recorded(alert))
            outcomes.append(OutgoingMessage(alert))
        if self._sale and (offer := self._offer(self._sale, found, now_s)):
            outcomes.append(OutgoingMessage(offer))
        state = self._state(found, now_s)
        changed = self._last_state is None or _shown(state) != _shown(self._last_state)
        if changed or now_s - self._last_state_s >= _STATE_EVERY_S:
            self._last_state, self._last_state_s = state, now_s
            outcomes.append(OutgoingMessage(state))
        return outcomes

    def hear(self, till: str, message_id: str, data: Data, now_s: float) -> list[Outcome]:
        """Take in a message of a till; the first outcome is the reply to it, if there is any. Heard twice, a message
        does no more than heard once."""
        ack = OutgoingMessage(Ack(message_id=message_id), only_to_asker=True)
        if isinstance(data, Ack):
            return self._hear_receipt(till, data, now_s)
        if isinstance(data, Hello):
            self._serve_till()
            if self._sale and self._sale.record.till == till:
                self._sale = self._sale.heard(now_s)
            return [ack, *self.tick(now_s)]
        if isinstance(data, SaleOpened):
            return self._open_sale(till, message_id, data.sale_id, now_s)
        if not isinstance(data, RestrictedItem | SaleBasket | IdChecked | SaleClosed):
            return [_refusal(message_id, "not-for-agent", f"{data.type} is not a message for the agent")]
        if self._sale is None or (self._sale.sale_id, self._sale.record.till) != (data.sale_id, till):
            # A till that closes its sale once more, because our answer was lost, is told that it is closed.
            if isinstance(data, SaleClosed):
                return [ack]
            mend = "send lane.sale.opened first"
            return [_refusal(message_id, "no-such-sale", f"sale {data.sale_id} is not open: {mend}", data.sale_id)]
        self._sale = self._sale.heard(now_s)
        at = self._identity.wall_time(now_s)
        if isinstance(data, SaleBasket | SaleClosed):
            self.restricted |= restricted_names(data.basket, self.offers.catalogue if self.offers else {})
        if isinstance(data, SaleClosed):
            ended: Ended = "completed" if data.completed else "cancelled"
            return [ack, *self._close(ended, data.cashier_id, now_s, data.basket, data.offer)]
        if isinstance(data, IdChecked):
            self._sale = self._sale.checked(data.outcome, data.cashier_id, at)
        elif isinstance(data, SaleBasket):
            self._sale = self._sale.filled(data.basket, now_s)
        else:
            self.restricted |= {data.sku} if data.sku else set()
            self._sale = self._sale.scanned(now_s, at)
        return [ack, *self.tick(now_s)]

    def expired(self, alert_id: str) -> None:
        """An alert was not delivered in time."""
        if self._sale:
            self._sale = self._sale.expired(alert_id)

    def _hear_receipt(self, till: str, receipt: Ack, now_s: float) -> list[Outcome]:
        if self._sale and receipt.alert_id and self._sale.record.till == till:
            self._sale = self._sale.received(receipt.alert_id, self._identity.wall_time(now_s))
        return []

    def _serve_till(self) -> None:
        """From the first till on, sales are the till's and no longer the zone's."""
        if self._settings.mode == "auto" and self._continuous:
            self._sale = None
        self._has_tills = True

    def _open_sale(self, till: str, message_id: str, sale_id: str, now_s: float) -> list[Outcome]:
        # A till whose connection came back by itself says no second hello.
        self._serve_till()
        if self._continuous:
            text = "this lane runs in mode continuous, where the agent itself opens the sales"
            return [_refusal(message_id, "wrong-mode", text, sale_id)]
        ack = OutgoingMessage(Ack(message_id=message_id), only_to_asker=True)
        # A till that repeats itself, because our answer was lost, must not undo what was scanned since.
        if self._sale and (self._sale.sale_id, self._sale.record.till) == (sale_id, till):
            self._sale = self._sale.heard(now_s)
            return [ack, *self.tick(now_s)]
        if (till, sale_id) in self._over:
            text = "is over: give a new sale a new id"
            return [_refusal(message_id, "no-such-sale", f"sale {sale_id} {text}", sale_id)]
        ended = self._close("abandoned", None, now_s)
        # A new sale takes nothing over from the one before, not even from the same face.
        self._zone.forget_ages()
        self._sale = self._new_sale(sale_id, till, now_s)
        return [ack, *ended]

    def _new_sale(self, sale_id: str, till: str, now_s: float) -> Sale:
        record = SaleRecord(
            sale_id=sale_id,
            lane=self._settings.lane,
            till=till,
            opened_at=self._identity.wall_time(now_s),
            model=self._model_hash,
            config=self._settings.hash,
        )
        return Sale(record, now_s)

    def _close(
        self, ended: Ended, cashier_id: str | None, now_s: float, basket: tuple[BasketLine, ...] | None = None,
        reply: OfferReply | None = None,
    ) -> list[Outcome]:  # fmt: skip
        sale, self._sale = self._sale, None
        if not sale:
            return []
        if ended != "abandoned":
            self._over.append((sale.record.till, sale.sale_id))
        became = None
        if self.offers and sale.offered:
            became = self.offers.became(sale.offered, reply, sale.sold(ended, basket))
        return [Closed(sale.closed(ended, cashier_id, self._identity.wall_time(now_s)), basket, sale.age, became)]

    def _keep_sale_of(self, customer: int | None, now_s: float) -> None:
        """Without a till, every customer is a sale of their own, and is taken to buy something restricted."""
        if self._sale and self._sale.customer != customer:
            self._sale = None
        if customer is not None and self._sale is None:
            sale = self._new_sale(self._identity.new_id(), NOBODY, now_s).with_customer(customer)
            self._sale = sale.scanned(now_s, sale.record.opened_at)

    def _verdict(self, now_s: float) -> Verdict:
        customer, sale = self._zone.customer, self._sale
        if not self.recording:
            doubts: tuple[Reason, ...] = (Reason.NOT_RECORDED,)
        elif self.blind(now_s):
            doubts = (Reason.CAMERA_LOST,)
        elif sale and sale.resumed:
            doubts = (Reason.RESTARTED,)
        elif sale and sale.customer is not None and customer is None:
            doubts = (Reason.CUSTOMER_LEFT,)
        elif sale and sale.customer is not None and customer and customer.track_id != sale.customer:
            doubts = (Reason.CUSTOMER_CHANGED,)
        else:
            doubts = self._zone.doubts(now_s)
        return decide(customer.age if customer else None, doubts, self._challenge_age, self._settings.policy)

    def _alert(self, sale: Sale, verdict: Verdict, now_s: float) -> Alert:
        by_new_look = sale.told is not None and sale.told.decision is Decision.UNKNOWN
        # In a replay nothing is measured against the clock, so that the same file gives the same bytes.
        measured = self._seen_s is not None and not self._settings.replay
        return Alert(
            alert_id=self._identity.new_id(),
            sale_id=sale.sale_id,
            lane=self._settings.lane,
            decision=verdict.decision,
            reasons=(*verdict.reasons, *((Reason.NEW_LOOK,) if by_new_look else ())),
            age=_interval(verdict.age),
            p_under_legal=round(verdict.age.p_under_legal, 4) if verdict.age else None,
            threshold=self._challenge_age,
            samples=verdict.looks,
            model=self._model_hash,
            text=prompt(verdict, self._challenge_age),
            issued_at=self._identity.wall_time(now_s),
            expires_at=self._identity.wall_time(now_s + self._settings.till.alert_expires_s),
            grab_to_alert_ms=round((now_s - (self._seen_s or now_s)) * 1000, 1) if measured else None,
        )

    def _offer(self, sale: Sale, found: Verdict, now_s: float) -> Offer | None:
        """What to offer in a sale now, if anything. One that is held out is noted, and not told."""
        book, customer = self.offers, self._zone.customer
        if not book or not customer or not sale.may_be_offered(found, now_s):
            return None
        at = self._identity.wall_time(now_s)
        if not (rule := book.fitting(sale.basket, customer.age, at, self.restricted)):
            return None
        offered = book.offered(rule, sale.sale_id, self._identity.new_id())
        self._sale = sale.with_offer(offered)
        return None if offered.held_out else offered.message(sale.sale_id, self._settings.lane, at)

    def _state(self, verdict: Verdict, now_s: float) -> State:
        customer = self._zone.customer
        return State(
            lane=self._settings.lane,
            frame=self._sequence,
            people=self._zone.people(now_s),
            customer=customer.track_id if customer else None,
            age=_interval(verdict.age),
            decision=verdict.decision if self.analysing and customer else None,
            reasons=verdict.reasons,
            analysing=self.analysing,
        )


def _recorded(alert: Alert) -> AlertRecord:
    """What is kept of an alert."""
    return AlertRecord(**alert.model_dump(include=set(AlertRecord.model_fields)))


def _interval(age: AgeEstimate | None) -> AgeInterval | None:
    return AgeInterval(mean=round(age.mean, 1), low=age.low, high=age.high) if age else None


def _shown(state: State) -> tuple[object, ...]:
    """What a screen would redraw for: not every tenth of a year."""
    return state.customer, state.decision, state.reasons, state.people, state.analysing


def _refusal(message_id: str, code: ErrorCode, text: str, sale_id: str | None = None) -> OutgoingMessage:
    return OutgoingMessage(Error(code=code, text=text, message_id=message_id, sale_id=sale_id), only_to_asker=True)
