"""Builds the messages that a lane sends: replies, alerts and states. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edge.decision.policy import Decision, Reason
from edge.lane.outcomes import OutgoingMessage
from edge.records.records import AlertRecord
from edge.till.messages import Ack, AgeInterval, Alert, AlertWithdrawn, State
from edge.till.prompts import prompt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from edge.decision.fusion import AgeEstimate
    from edge.decision.policy import Verdict
    from edge.lane.outcomes import Outcome
    from edge.lane.rules import LaneRules
    from edge.lane.sale import Sale
    from edge.till.identity import Identity

EVERYBODY = 101
"""Threshold of an alert when everybody is asked: no estimate is above 100 years."""
_MOST_NAMED = 20
"""More dropped parts are only counted."""


def with_dropped(outcomes: Iterable[Outcome], dropped: Sequence[str]) -> list[Outcome]:
    """The outcomes with the names of dropped parts in the reply, if that confirms the message."""
    left_out = len(dropped) - _MOST_NAMED
    named = (*dropped[:_MOST_NAMED], *((f"{left_out} more",) if left_out > 0 else ()))
    return [
        replace(outcome, data=outcome.data.model_copy(update={"dropped": named}))
        if isinstance(outcome, OutgoingMessage) and outcome.is_reply and isinstance(outcome.data, Ack)
        else outcome
        for outcome in outcomes
    ]


def build_alert(
    rules: LaneRules, identity: Identity, sale: Sale, verdict: Verdict, now_s: float, frame_s: float | None
) -> Alert:
    """The alert that sends a verdict to a sale's till. frame_s: grab time of the last frame, None before the first."""
    follows_unknown = sale.answer is not None and sale.answer.decision is Decision.UNKNOWN
    legal_age = sale.record.minimum_age or rules.legal_age
    limit = rules.limit_for(legal_age)
    challenge_age = limit.challenge_age if limit else None
    # A replay measures nothing with the clock, so that the same file gives the same bytes.
    measured = frame_s is not None and not rules.settings.replay
    return Alert(
        alert_id=identity.new_id(),
        sale_id=sale.sale_id,
        lane=rules.settings.lane,
        till=sale.till or None,
        decision=verdict.decision,
        reasons=(*verdict.reasons, *((Reason.NEW_LOOK,) if follows_unknown else ())),
        age=_interval(verdict.age),
        p_under_legal=round(verdict.age.p_under_legal, 4) if verdict.age else None,
        legal_age=legal_age,
        threshold=challenge_age or EVERYBODY,
        max_p_under_legal=limit.max_p_under_legal if limit else None,
        samples=verdict.samples,
        model=rules.model_hash,
        text=prompt(verdict, challenge_age, None if legal_age == rules.legal_age else legal_age),
        issued_at=identity.wall_time(now_s),
        expires_at=identity.wall_time(now_s + rules.settings.till.alert_expires_s),
        training=sale.record.training,
        grab_to_alert_ms=round((now_s - (frame_s or now_s)) * 1000, 1) if measured else None,
    )


def withdrawal(rules: LaneRules, sale: Sale, at: datetime) -> OutgoingMessage:
    """Takes back the prompts of a sale."""
    lane = rules.settings.lane
    data = AlertWithdrawn(sale_id=sale.sale_id, lane=lane, till=sale.till or None, issued_at=at)
    return OutgoingMessage(data, till=sale.till)


def alert_record(alert: Alert) -> AlertRecord:
    """The part of an alert that is recorded."""
    return AlertRecord(**alert.model_dump(include=set(AlertRecord.model_fields)))


def build_state(
    lane: str, frame: int, people: int, customer: int | None, verdict: Verdict, *, analysing: bool
) -> State:
    """The state for live screens. frame: number of the last frame. people: how many are in the zone. customer: the
    track of the customer, None without one. analysing: whether ages are being estimated."""
    return State(
        lane=lane,
        frame=frame,
        people=people,
        customer=customer,
        age=_interval(verdict.age),
        decision=verdict.decision if analysing and customer is not None else None,
        reasons=verdict.reasons,
        analysing=analysing,
    )


def looks_different(new: State, shown: State | None) -> bool:
    """Whether a screen that shows one state should be redrawn for another. A change of the age alone is not enough."""
    return shown is None or _visible(new) != _visible(shown)


def _visible(state: State) -> tuple[object, ...]:
    return state.customer, state.decision, state.reasons, state.people, state.analysing


def _interval(age: AgeEstimate | None) -> AgeInterval | None:
    return AgeInterval(mean=round(age.mean, 1), low=age.low, high=age.high) if age else None
