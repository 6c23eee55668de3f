"""The sheet of offers as values: for each rule an age band, the goods that trigger it, and the goods to offer. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime  # pydantic reads it
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.decision.bands import band_names
from edge.errors import UsageError
from edge.language.words import words
from edge.purchases.goods import Goods
from edge.till.messages import Text
from edge.till.moments import Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edge.purchases.restricted_words import RestrictedWords

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SheetPart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Learnt(SheetPart):
    """The statistics that a rule was learnt from. sales: with the triggers and the offered goods, weighted by the
    probability of the band. support: their share of the band's sales. confidence: the share with the offered goods
    among sales with the triggers. lift: confidence divided by the share with the offered goods among all sales of the
    band. rate: the expected share of chance findings among all rules at least as striking (false discovery rate)."""

    sales: Amount
    support: Amount
    confidence: Amount
    lift: Amount
    rate: Amount


class Rule(SheetPart):
    """A customer of the band who has all of `when` in the basket is offered `offer`, if it is not in the basket."""

    band: str
    when: Annotated[tuple[Goods, ...], Field(min_length=1, max_length=5)]
    offer: Goods
    text: Text
    learnt: Learnt | None = None

    @property
    def name(self) -> str:
        """Eight hex digits that identify the rule in all sheets; its text does not count."""
        parts = [self.band, *sorted(goods.name for goods in self.when), self.offer.name]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]

    @property
    def names(self) -> frozenset[str]:
        """Names of all goods in the rule, triggers and offered ones."""
        return self.offer.names.union(*(goods.names for goods in self.when))


class Rules(SheetPart):
    """The content of `rules.json`, which `edge-agent offers learn` writes and people may edit. bands: ages at which the
    next band begins. The first rule that matches is used."""

    bands: Annotated[tuple[Annotated[int, Field(ge=1, le=100)], ...], Field(min_length=1, max_length=7)]
    rules: Annotated[tuple[Rule, ...], Field(max_length=1000)]

    @model_validator(mode="after")
    def _known_bands(self) -> Rules:
        if list(self.bands) != sorted(set(self.bands)):
            raise ValueError(f"bands = {list(self.bands)}: each age must be above the one before")
        names = band_names(self.bands)
        for rule in self.rules:
            if rule.band not in names:
                raise ValueError(
                    f"a rule is for the band {rule.band!r}, which does not exist: use one of {', '.join(names)}"
                )
        return self

    def starts_at(self, band: str) -> int:
        """The age at which a band begins."""
        return (0, *self.bands)[band_names(self.bands).index(band)]


class Sheet(Rules):
    """The signed content. held_out_key: random, in hex; with a sale's id it decides whether its offer is held out."""

    made_at: Moment
    expires_at: Moment
    held_out_key: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]

    def expired(self, at: datetime) -> bool:
        return at >= self.expires_at


def reject_forbidden(
    rules: Rules, legal_age: int, restricted: RestrictedWords, exclude: Iterable[str] = (),
    catalogue: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Raises UsageError, one line, for a rule with one of `restricted` in the names or categories of its goods or in
    its text, with a name in `exclude`, or for a band that begins below the legal age. catalogue: category by sku."""
    excluded, categories = frozenset(exclude), catalogue or {}
    for rule in rules.rules:
        named = words("rule {rule} ({band}: {goods})", rule=rule.name, band=rule.band, goods=rule.offer.name)
        if (start := rules.starts_at(rule.band)) < legal_age:
            raise UsageError(
                words(
                    "{named} is for ages from {start}, below the legal age of {legal_age}: remove the rule",
                    named=named,
                    start=start,
                    legal_age=legal_age,
                )
            )
        for name in sorted(rule.names | {categories[name] for name in rule.names & categories.keys()}):
            if word := restricted.found_in(name):
                raise UsageError(
                    words(
                        "{named} is about {name!r}, which is restricted ({word}): remove the rule",
                        named=named,
                        name=name,
                        word=word,
                    )
                )
        for text in (rule.text.ru, rule.text.en):
            if word := restricted.found_in(text):
                raise UsageError(
                    words(
                        "the text of {named} names restricted goods ({word}), {text!r}: change the text",
                        named=named,
                        word=word,
                        text=text,
                    )
                )
        if rule.names & excluded:
            raise UsageError(words("{named} names goods in offers.exclude: remove the rule", named=named))
