"""The rules of one lane: its settings, limits, age model and offers. They change together, between two sales."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.decision.policy import Limit
from edge.errors import UsageError
from edge.language.words import Words, joined, words
from edge.offers.load import load_offers
from edge.records.changes import MODEL_HASH, OFFERS_SHEET, SettingsInForce
from edge.settings.flat import default_settings, flat_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from edge.ages.bundle import Bundle
    from edge.offers.book import OfferBook
    from edge.settings.author import Author
    from edge.settings.config import Settings
    from edge.settings.sections import PolicySettings

_NO_LIMIT = words(
    "policy.legal_age = {age}: the model {model} has {limits}; set policy.legal_age to an age "
    "that it has a limit for, or use another model, or set both policy.max_p_under_legal and "
    "policy.challenge_age to limits that you measured"
)
_RISK_TOO_SMALL = words(
    "policy.risk = {risk:g}: the smallest risk for which the model {model} has a limit is {smallest:g}, for goods sold "
    "from {age}; set policy.risk to {smallest:g} or more, or use another model"
)
_LOOSER = words(
    "policy.max_p_under_legal = {own:g} would let more people pass than policy.risk = {risk:g}, "
    "for which the model {model} has {limit:g}: set it to {limit:g} or less, or remove it, or "
    "raise policy.risk"
)


@dataclass(frozen=True, slots=True)
class LaneRules:
    """limits: by legal age; for goods of any other one everybody is asked for ID. model_hash: identifies the age model
    in alerts and records. offers: None when the lane makes no offers."""

    settings: Settings
    limits: Mapping[int, Limit]
    model_hash: str
    offers: OfferBook | None = None

    def limit_for(self, legal_age: int) -> Limit | None:
        """The limit for goods that are sold from a legal age; None when everybody is asked."""
        return self.limits.get(legal_age)

    def in_force(self, author: Author, at: datetime) -> SettingsInForce:
        """What the record says about these rules when they take effect. at: when."""
        sheet = self.offers.sheet if self.offers else None
        content = hashlib.sha256(sheet.model_dump_json().encode()).hexdigest()[:12] if sheet else None
        files = {MODEL_HASH: self.model_hash, OFFERS_SHEET: content}
        return SettingsInForce(
            lane=self.settings.lane, at=at, by=author.by, name=author.name, model=self.model_hash,
            config=self.settings.hash, values=flat_settings(self.settings) | files, defaults=default_settings(),
            store=self.settings.store, box=self.settings.box,
        )  # fmt: skip

    @property
    def legal_age(self) -> int:
        """The lane's own legal age: that of goods whose minimum age the till does not send."""
        return self.settings.policy.legal_age


def load_rules(settings: Settings, bundle: Bundle) -> LaneRules:
    """Rules from a lane's settings, the bundle of its age model, and its signed offers. Raises UsageError as
    `load_limits` and `load_offers` do."""
    return LaneRules(settings, load_limits(settings.policy, bundle), bundle.hash, load_offers(settings))


def load_limits(policy: PolicySettings, bundle: Bundle) -> dict[int, Limit]:
    """A lane's limits by legal age: those of the model for `policy.risk`. Legal ages that the model has only limits of
    larger risks for have none. For the lane's own legal age the settings can make the limit stricter; a model without
    a limit for it needs one in the settings.

    Raises UsageError when there is no limit for the lane's own legal age, and for a setting that would be less strict
    than the stated risk allows.
    """
    measured = bundle.thresholds(policy.risk)
    limits = {age: Limit(age, each.max_p_under_legal, each.challenge_age) for age, each in measured.items()}
    name, own_age = bundle.manifest.name, policy.legal_age
    own_p, own_mean = policy.max_p_under_legal, policy.challenge_age or 0
    if own_age in limits:
        limit = limits[own_age]
        if own_p is not None and own_p > limit.max_p_under_legal:
            raise UsageError(_LOOSER.format(own=own_p, risk=policy.risk, model=name, limit=limit.max_p_under_legal))
        strictest = limit.max_p_under_legal if own_p is None else own_p
        limits[own_age] = Limit(own_age, strictest, max(limit.challenge_age, own_mean), own_mean)
    elif own_p is not None and own_mean:
        limits[own_age] = Limit(own_age, own_p, own_mean, own_mean)
    else:
        risks = [each.risk for each in bundle.manifest.thresholds if each.legal_age == own_age]
        if risks:
            raise UsageError(_RISK_TOO_SMALL.format(risk=policy.risk, model=name, smallest=min(risks), age=own_age))
        ages = ", ".join(map(str, limits))
        has = words("limits for {ages}", ages=ages) if limits else words("no limits")
        raise UsageError(_NO_LIMIT.format(age=own_age, model=name, limits=has))
    return limits


def in_words(limits: Iterable[Limit]) -> Words:
    """Who is asked for ID, for the log and for doctor."""
    return joined("; ", [_limit_in_words(limit) for limit in limits])


def _limit_in_words(limit: Limit) -> Words:
    return words(
        "from {legal_age}: above {share:.2g} % of being younger, which is about below {challenge_age}",
        legal_age=limit.legal_age,
        share=100 * limit.max_p_under_legal,
        challenge_age=limit.challenge_age,
    )
