"""The rules of one lane: its settings, challenge age, age model and offers. They change together, between two sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.offers.load import load_offers

if TYPE_CHECKING:
    from edge.ages.bundle import Bundle
    from edge.offers.book import OfferBook
    from edge.settings.config import Settings


@dataclass(frozen=True, slots=True)
class LaneRules:
    """challenge_age: in years; everybody who looks younger is asked for ID. model_hash: identifies the age model in
    alerts and records. offers: None when the lane makes no offers."""

    settings: Settings
    challenge_age: int
    model_hash: str
    offers: OfferBook | None = None


def load_rules(settings: Settings, bundle: Bundle) -> LaneRules:
    """Rules from a lane's settings, the bundle of its age model, and its signed offers. Raises UsageError as
    `challenge_age` does."""
    return LaneRules(settings, challenge_age(settings, bundle), bundle.hash, load_offers(settings))


def challenge_age(settings: Settings, bundle: Bundle) -> int:
    """The challenge age of a lane, in years. Raises UsageError when neither the settings nor the bundle name it."""
    return settings.policy.challenge_age or bundle.challenge_age(settings.policy.risk)
