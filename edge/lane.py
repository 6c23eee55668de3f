"""The state of one lane: who stands there, which sale is open, and what the till is told. Pure: no socket, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.customer import CustomerZone
from edge.policy import Decision, Reason, Verdict, decide
from edge.sale import Sale
from edge.till.messages import (
    Ack,
    AgeInterval,
    Alert,
    Data,
    Error,
    Hello,
    IdChecked,
    RestrictedItem,
    SaleClosed,
    SaleOpened,
    State,
)
from edge.till.prompts import prompt

if TYPE_CHECKING:
    from edge.config import Settings
    from edge.faces import Faces
    from edge.frames import Frame
    from edge.fusion import AgeEstimate
    from edge.identity import Identity

_STATE_EVERY_S = 1.0
_BLIND_S = 1.0
"""A frame older than this says nothing about who stands there now."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something to tell: to everybody who listens, or to the one till that asked."""

    data: Data
    only_to_asker: bool = False


class Lane:
    """Takes in frames' faces and the till's messages, and gives out what to tell."""

    def __init__(self, settings: Settings, challenge_age: int, model_hash: str, identity: Identity) -> None:
        self._settings, self._identity = settings, identity
        self._challenge_age, self._model_hash = challenge_age, model_hash
        self._zone = CustomerZone(settings)
        self._sale: Sale | None = None
        self._continuous = settings.mode != "on-sale"
        self._seen_s: float | None = None
        self._sequence = -1
        self._last_state: State | None = None
        self._last_state_s = -_STATE_EVERY_S

    @property
    def analysing(self) -> bool:
        """Whether ages are wanted now: always in continuous mode, else while a sale is open."""
        return self._continuous or self._sale is not None

    def see(self, faces: Faces, frame: Frame, now_s: float) -> list[Told]:
        """Take in what the pipeline said of a frame. now_s: the same clock as the frame's grab time."""
        self._zone.see(faces, frame.pixels.shape, frame.grab_s)
        self._seen_s, self._sequence = frame.grab_s, frame.sequence
        customer = self._zone.customer
        if self._continuous:
            self._keep_sale_of(customer.track_id if customer else None, frame.grab_s)
        elif self._sale and customer and customer.age.looks:
            self._sale = self._sale.with_customer(customer.track_id)
        return self.tick(now_s)

    def tick(self, now_s: float) -> list[Told]:
        """What time alone may bring: an answer that is due although no frame came."""
        verdict = self._verdict(now_s)
        told: list[Told] = []
        sale = self._sale
        if sale and sale.wants(verdict, now_s, self._settings.policy.answer_within_s):
            told.append(Told(self._alert(sale, verdict, now_s)))
            self._sale = sale.with_answer(verdict)
        state = self._state(verdict, now_s)
        changed = self._last_state is None or _shown(state) != _shown(self._last_state)
        if changed or now_s - self._last_state_s >= _STATE_EVERY_S:
            self._last_state, self._last_state_s = state, now_s
            told.append(Told(state))
        return told

    def hear(self, message_id: str, data: Data, now_s: float) -> list[Told]:
        """Take in a message of a till; the first one told is the reply to it."""
        ack = Told(Ack(message_id=message_id), only_to_asker=True)
        if isinstance(data, Ack):
            return []
        if isinstance(data, Hello):
            self._serve_till()
            return [ack]
        if isinstance(data, SaleOpened):
            return [self._open_sale(message_id, data.sale_id, now_s) or ack]
        if not isinstance(data, RestrictedItem | IdChecked | SaleClosed):
            return [_refusal(message_id, f"{data.type} is not a message for the agent")]
        if self._sale is None or self._sale.sale_id != data.sale_id:
            return [_refusal(message_id, f"sale {data.sale_id} is not open: send lane.sale.opened first")]
        if isinstance(data, RestrictedItem):
            self._sale = self._sale.scanned(now_s)
            return [ack, *self.tick(now_s)]
        if isinstance(data, SaleClosed):
            self._sale = None
        return [ack]

    def _serve_till(self) -> None:
        """From the first till on, sales are the till's and no longer the zone's."""
        if self._settings.mode == "auto" and self._continuous:
            self._continuous, self._sale = False, None

    def _open_sale(self, message_id: str, sale_id: str, now_s: float) -> Told | None:
        """Open a till's sale; returns a refusal, if it is one."""
        # A till whose connection came back by itself says no second hello.
        self._serve_till()
        if self._continuous:
            return _refusal(message_id, "this lane runs in mode continuous, where the agent itself opens the sales")
        # A till that repeats itself, because our answer was lost, must not undo what was scanned since.
        if self._sale is None or self._sale.sale_id != sale_id:
            # A new sale takes nothing over from the one before, not even from the same face.
            self._zone.forget_ages()
            self._sale = Sale(sale_id, now_s)
        return None

    def _keep_sale_of(self, customer: int | None, now_s: float) -> None:
        """Without a till, every customer is a sale of their own, and is taken to buy something restricted."""
        if self._sale and self._sale.customer != customer:
            self._sale = None
        if customer is not None and self._sale is None:
            self._sale = Sale(self._identity.new_id(), now_s).with_customer(customer).scanned(now_s)

    def _verdict(self, now_s: float) -> Verdict:
        customer = self._zone.customer
        if self._seen_s is None or now_s - self._seen_s > _BLIND_S:
            doubts: tuple[Reason, ...] = (Reason.CAMERA_LOST,)
        elif self._sale and self._sale.customer is not None and customer and customer.track_id != self._sale.customer:
            doubts = (Reason.CUSTOMER_CHANGED,)
        else:
            doubts = self._zone.doubts(now_s)
        return decide(customer.age if customer else None, doubts, self._challenge_age, self._settings.policy)

    def _alert(self, sale: Sale, verdict: Verdict, now_s: float) -> Alert:
        issued_at = self._identity.wall_time(now_s)
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
            issued_at=issued_at,
            expires_at=self._identity.wall_time(now_s + self._settings.till.alert_expires_s),
            grab_to_alert_ms=round((now_s - (self._seen_s or now_s)) * 1000, 1) if measured else None,
        )

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


def _interval(age: AgeEstimate | None) -> AgeInterval | None:
    return AgeInterval(mean=round(age.mean, 1), low=age.low, high=age.high) if age else None


def _shown(state: State) -> tuple[object, ...]:
    """What a screen would redraw for: not every tenth of a year."""
    return state.customer, state.decision, state.reasons, state.people, state.analysing


def _refusal(message_id: str, text: str) -> Told:
    return Told(Error(text=text, message_id=message_id), only_to_asker=True)
