"""The sheet of offers: rules that say to which band, with which goods in the basket, what is offered. Values; pure."""

from __future__ import annotations

import hashlib
from datetime import datetime  # pydantic reads it
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.decision.bands import band_names
from edge.errors import UsageError
from edge.purchases.goods import Goods, sounds_restricted
from edge.till.messages import Moment, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Learnt(Part):
    """What the purchases said. sales: with the reasons and the goods in them, counted in parts. support: their share of
    the band's sales. confidence: of the sales with the reasons, the share that has the goods. lift: by the band's share
    of sales with the goods. rate: the share of chance findings among all rules at least as striking."""

    sales: Amount
    support: Amount
    confidence: Amount
    lift: Amount
    rate: Amount


class Rule(Part):
    """Who is of the band and has all of `when` in the basket is offered something that is not in it."""

    band: str
    when: Annotated[tuple[Goods, ...], Field(min_length=1, max_length=5)]
    offer: Goods
    text: Text
    learnt: Learnt | None = None

    @property
    def name(self) -> str:
        """Eight hex digits that two sheets give to the same rule, whatever its words."""
        parts = [self.band, *sorted(one.name for one in self.when), self.offer.name]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]

    @property
    def names(self) -> frozenset[str]:
        """Of all goods that it is about, offered or not."""
        return self.offer.names.union(*(one.names for one in self.when))


class Rules(Part):
    """What `edge-agent offers learn` writes, and people may edit. bands: the ages at which a new band begins. The first
    rule that fits is the one that counts."""

    bands: Annotated[tuple[Annotated[int, Field(ge=1, le=100)], ...], Field(min_length=1, max_length=7)]
    rules: Annotated[tuple[Rule, ...], Field(max_length=1000)]

    @model_validator(mode="after")
    def _known_bands(self) -> Rules:
        if list(self.bands) != sorted(set(self.bands)):
            raise ValueError(f"bands = {list(self.bands)}: each age must be above the one before")
        names = band_names(self.bands)
        for rule in self.rules:
            if rule.band not in names:
                raise ValueError(f"a rule is for the band {rule.band!r}: there are {', '.join(names)}")
        return self

    def starts_at(self, band: str) -> int:
        """The age at which a band begins."""
        return (0, *self.bands)[band_names(self.bands).index(band)]


class Sheet(Rules):
    """What is signed. held_out_key: what decides which sales get no offer; hex."""

    made_at: Moment
    expires_at: Moment
    held_out_key: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]

    def expired(self, at: datetime) -> bool:
        return at >= self.expires_at


def refuse_forbidden(rules: Rules, legal_age: int, exclude: Iterable[str] = ()) -> None:
    """Raises UsageError, one line, for a rule that is about alcohol or tobacco, or for a band that begins under the
    legal age. exclude: further names that no rule may be about."""
    excluded = frozenset(exclude)
    for rule in rules.rules:
        named = f"rule {rule.name} ({rule.band}: {rule.offer.name})"
        if (start := rules.starts_at(rule.band)) < legal_age:
            raise UsageError(f"{named} is for ages from {start}, under the legal age of {legal_age}: leave it out")
        if any(map(sounds_restricted, rule.names)):
            raise UsageError(f"{named} is about alcohol or tobacco: leave it out")
        if rule.names & excluded:
            raise UsageError(f"{named} is about what offers.exclude names: leave it out")
