"""A sale as a value: what happened in it so far, and what may happen next. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.policy import Decision, may_replace

if TYPE_CHECKING:
    from edge.policy import Verdict


@dataclass(frozen=True, slots=True)
class Sale:
    """An open sale. Times are seconds of the frames' clock.

    customer: the track that stood there when evidence was first taken. restricted_s: when something restricted was
    scanned, None before. told: the last verdict the till was told, None before.
    """

    sale_id: str
    opened_s: float
    customer: int | None = None
    restricted_s: float | None = None
    told: Verdict | None = None

    def with_customer(self, customer: int | None) -> Sale:
        """Note who stands there; the first one seen in a sale stays its customer."""
        return self if self.customer is not None else replace(self, customer=customer)

    def scanned(self, now_s: float) -> Sale:
        """Something restricted was scanned; only the first time counts."""
        return self if self.restricted_s is not None else replace(self, restricted_s=now_s)

    def wants(self, verdict: Verdict, now_s: float, answer_within_s: float) -> bool:
        """True when the till must be told this verdict now.

        Before the first answer an UNKNOWN waits for better looks until the time is up. Later answers must be ones that
        may replace what was told, and only a look that is new replaces an UNKNOWN.
        """
        if self.restricted_s is None:
            return False
        if self.told is None:
            return verdict.decision is not Decision.UNKNOWN or now_s - self.restricted_s >= answer_within_s
        if self.told.decision is Decision.UNKNOWN and verdict.looks <= self.told.looks:
            return False
        return may_replace(self.told.decision, verdict.decision)

    def with_answer(self, verdict: Verdict) -> Sale:
        return replace(self, told=verdict)
