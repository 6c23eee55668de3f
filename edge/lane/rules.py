"""The rules of one lane: its settings, limits, age model and offers. They change together, between two sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.offers.load import load_offers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.ages.bundle import Bundle
    from edge.offers.book import OfferBook
    from edge.settings.config import Settings
    from edge.settings.sections import PolicySettings

NO_LIMIT = (
    "no limit for legal age {age}, so everybody is asked for ID: set policy.challenge_age, or use a model with a limit "
    "for {age}"
)


@dataclass(frozen=True, slots=True)
class LaneRules:
    """limits: challenge age by legal age, in years; customers who look younger than the challenge age are asked for
    ID, and where there is none, everybody is. model_hash: identifies the age model in alerts and records. offers: None
    when the lane makes no offers."""

    settings: Settings
    limits: Mapping[int, int]
    model_hash: str
    offers: OfferBook | None = None

    def limit_for(self, legal_age: int) -> int | None:
        """The challenge age for goods that are sold from a legal age; None when everybody is asked."""
        return self.limits.get(legal_age)

    @property
    def legal_age(self) -> int:
        """The lane's own legal age: that of goods whose minimum age the till does not send."""
        return self.settings.policy.legal_age

    @property
    def challenge_age(self) -> int | None:
        """The limit for the lane's own legal age."""
        return self.limit_for(self.legal_age)

    @property
    def problem(self) -> str:
        """That there is no limit for the lane's own legal age, and how to fix it; empty when there is one."""
        return NO_LIMIT.format(age=self.legal_age) if self.challenge_age is None else ""


def load_rules(settings: Settings, bundle: Bundle) -> LaneRules:
    """Rules from a lane's settings, the bundle of its age model, and its signed offers. Raises UsageError as
    `load_offers` does."""
    return LaneRules(settings, load_limits(settings.policy, bundle), bundle.hash, load_offers(settings))


def load_limits(policy: PolicySettings, bundle: Bundle) -> dict[int, int]:
    """A lane's challenge age by legal age, in years: those of the bundle, and the setting for the lane's own age."""
    own = {} if policy.challenge_age is None else {policy.legal_age: policy.challenge_age}
    return bundle.limits(policy.risk) | own
