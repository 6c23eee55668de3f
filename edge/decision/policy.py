"""Whether the cashier should ask for ID, from what is known of the customer. Pure, and every doubt means: ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.decision.fusion import AgeEstimate, TrackAge
    from edge.settings.sections import PolicySettings


class Decision(str, Enum):
    """CHALLENGE: ask for ID, the customer looks young. NO_CHALLENGE: the agent sees no need to ask. UNKNOWN: the agent
    cannot tell, so ask."""

    CHALLENGE = "CHALLENGE"
    NO_CHALLENGE = "NO_CHALLENGE"
    UNKNOWN = "UNKNOWN"


class Reason(str, Enum):
    """Why a decision was made."""

    LOOKS_OLDER = "looks-older"
    LOOKS_YOUNG = "looks-young"
    UNCERTAIN = "uncertain"
    NO_FACE = "no-face"
    TWO_PEOPLE = "two-people"
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
    UNCONFIRMED = "unconfirmed"
    NEW_LOOK = "new-look"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision with its reasons, the age it came from (None where no age can be trusted), and the looks behind it."""

    decision: Decision
    reasons: tuple[Reason, ...]
    age: AgeEstimate | None
    looks: int


def decide(age: TrackAge | None, doubts: tuple[Reason, ...], challenge_age: int, settings: PolicySettings) -> Verdict:
    """The verdict on a customer.

    age: the fused looks, None when nobody is there. doubts: what speaks against believing them, if anything.
    NO_CHALLENGE needs all of: no doubt, enough looks, a mean age of at least `challenge_age`, and a probability of
    being under age of at most `settings.max_p_under_legal`.
    """
    looks = age.looks if age else 0
    if doubts:
        return Verdict(Decision.UNKNOWN, doubts, None, looks)
    if age is None or looks < settings.min_looks:
        return Verdict(Decision.UNKNOWN, (Reason.FEW_LOOKS,), None, looks)
    estimate = age.estimate(settings.legal_age)
    if estimate.mean < challenge_age:
        return Verdict(Decision.CHALLENGE, (Reason.LOOKS_YOUNG,), estimate, looks)
    if estimate.p_under_legal > settings.max_p_under_legal:
        return Verdict(Decision.CHALLENGE, (Reason.UNCERTAIN,), estimate, looks)
    return Verdict(Decision.NO_CHALLENGE, (Reason.LOOKS_OLDER,), estimate, looks)


def may_replace(told: Decision, found: Decision) -> bool:
    """True when the till, having been told one decision, may be told another one.

    From NO_CHALLENGE only towards asking; from UNKNOWN to anything, by a new look that the message names; a CHALLENGE
    stands, whatever the next look says.
    """
    return told is not found and told is not Decision.CHALLENGE
