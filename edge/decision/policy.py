"""Decides whether the cashier should ask for ID. Pure; every doubt means: ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from edge.decision.fusion import mean_ages, p_under

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    EYES_COVERED = "eyes-covered"
    UNCONFIRMED = "unconfirmed"
    NEW_LOOK = "new-look"


@dataclass(frozen=True, slots=True)
class Limit:
    """Who is asked for ID for goods of one legal age.

    legal_age: years. max_p_under_legal: customers who are under the legal age with a higher probability are asked.
    challenge_age: years; customers with about a lower mean age are asked, as it is told to people. min_mean_age: years;
    customers with a lower mean age are asked, too; 0: the probability alone decides.
    """

    legal_age: int
    max_p_under_legal: float
    challenge_age: int
    min_mean_age: int = 0


def asks(age_probs: NDArray[np.floating], limit: Limit) -> NDArray[np.bool_]:
    """Whether people are asked for ID, by what is known of their ages alone: bool (...) for float (..., 101)."""
    too_young = mean_ages(age_probs) < limit.min_mean_age
    return np.asarray((p_under(age_probs, limit.legal_age) > limit.max_p_under_legal) | too_young)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision and its reasons. age: the customer's, None when it cannot be trusted. samples: how many there are of
    the customer."""

    decision: Decision
    reasons: tuple[Reason, ...]
    age: AgeEstimate | None
    samples: int


def decide(
    age: TrackAge | None, doubts: tuple[Reason, ...], limit: Limit | None, legal_age: int, settings: PolicySettings
) -> Verdict:
    """The verdict on a customer.

    age: the customer's samples, pooled; None without a customer. doubts: reasons not to trust that age. limit: the one
    for this legal age; None: there is none, so the answer is CHALLENGE at once, for every customer. legal_age: of the
    strictest item in the sale, in years.
    NO_CHALLENGE requires all of: a limit, no doubts, at least `settings.min_looks` samples, and that `asks` is false.
    """
    samples = age.samples if age else 0
    # A companion is no doubt about the customer's own age, which counts for purchases.
    trusted = samples >= settings.min_looks and set(doubts) <= {Reason.YOUNG_COMPANION}
    estimate = age.estimate(legal_age) if age and trusted else None
    if limit is None:
        return Verdict(Decision.CHALLENGE, (Reason.NO_LIMIT_FOR_AGE,), estimate, samples)
    if doubts or age is None or estimate is None:
        return Verdict(Decision.UNKNOWN, doubts or (Reason.FEW_LOOKS,), estimate, samples)
    if not asks(age.distribution, limit):
        return Verdict(Decision.NO_CHALLENGE, (Reason.LOOKS_OLDER,), estimate, samples)
    reason = Reason.LOOKS_YOUNG if estimate.mean < limit.challenge_age else Reason.UNCERTAIN
    return Verdict(Decision.CHALLENGE, (reason,), estimate, samples)


def may_replace(sent: Decision, new: Decision) -> bool:
    """Whether a new decision may be sent to a till that was sent another one.

    NO_CHALLENGE may be replaced by asking. UNKNOWN may be replaced by anything, after a new sample, which the message
    says. CHALLENGE stays.
    """
    return sent is not new and sent is not Decision.CHALLENGE
