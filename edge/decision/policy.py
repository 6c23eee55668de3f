"""Decides whether the cashier should ask for ID. Pure; every doubt means: ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.decision.fusion import AgeEstimate, TrackAge
    from edge.settings.sections import PolicySettings


class Decision(str, Enum):
    """CHALLENGE: ask for ID, the customer looks young. NO_CHALLENGE: no need to ask. UNKNOWN: the age is not known, so
    ask."""

    CHALLENGE = "CHALLENGE"
    NO_CHALLENGE = "NO_CHALLENGE"
    UNKNOWN = "UNKNOWN"


class Reason(str, Enum):
    """Why a decision was made; the values are those of the till protocol."""

    LOOKS_OLDER = "looks-older"
    LOOKS_YOUNG = "looks-young"
    UNCERTAIN = "uncertain"
    NO_FACE = "no-face"
    TWO_PEOPLE = "two-people"
    YOUNG_COMPANION = "young-companion"
    SEVERAL_SALES = "several-sales"
    NO_LIMIT_FOR_AGE = "no-limit-for-age"
    CUSTOMER_CHANGED = "customer-changed"
    CUSTOMER_LEFT = "customer-left"
    FEW_LOOKS = "few-looks"
    CAMERA_LOST = "camera-lost"
    RESTARTED = "agent-restarted"
    NOT_RECORDED = "not-recorded"
    SMALL = "small"
    TURNED = "turned"
    DARK = "dark"
    BRIGHT = "bright"
    BLURRED = "blurred"
    DISTORTED = "distorted"
    UNCONFIRMED = "unconfirmed"
    NEW_LOOK = "new-look"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and its reasons. age: the customer's, None when it cannot be trusted. samples: how many there are of
    the customer."""

    decision: Decision
    reasons: tuple[Reason, ...]
    age: AgeEstimate | None
    samples: int


def decide(
    age: TrackAge | None, doubts: tuple[Reason, ...], limit: int | None, legal_age: int, settings: PolicySettings
) -> Verdict:
    """The verdict on a customer.

    age: the customer's samples, pooled; None without a customer. doubts: reasons not to trust that age. limit: the
    challenge age for this legal age, in years; None: there is none, so the answer is CHALLENGE at once, whoever it is.
    legal_age: of the strictest item in the sale, in years.
    NO_CHALLENGE requires all of: a limit, no doubts, at least `settings.min_looks` samples, a mean age of at least the
    limit, and a probability of being under the legal age of at most `settings.max_p_under_legal`.
    """
    samples = age.samples if age else 0
    # A companion is no doubt about the customer's own age, which counts for purchases.
    trusted = samples >= settings.min_looks and set(doubts) <= {Reason.YOUNG_COMPANION}
    estimate = age.estimate(legal_age) if age and trusted else None
    if limit is None:
        return Verdict(Decision.CHALLENGE, (Reason.NO_LIMIT_FOR_AGE,), estimate, samples)
    if doubts or estimate is None:
        return Verdict(Decision.UNKNOWN, doubts or (Reason.FEW_LOOKS,), estimate, samples)
    if estimate.mean < limit:
        return Verdict(Decision.CHALLENGE, (Reason.LOOKS_YOUNG,), estimate, samples)
    if estimate.p_under_legal > settings.max_p_under_legal:
        return Verdict(Decision.CHALLENGE, (Reason.UNCERTAIN,), estimate, samples)
    return Verdict(Decision.NO_CHALLENGE, (Reason.LOOKS_OLDER,), estimate, samples)


def may_replace(sent: Decision, new: Decision) -> bool:
    """Whether a new decision may be sent to a till that was sent another one.

    NO_CHALLENGE may be replaced by asking. UNKNOWN may be replaced by anything, after a new sample, which the message
    says. CHALLENGE stays.
    """
    return sent is not new and sent is not Decision.CHALLENGE
