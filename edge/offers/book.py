"""The offer rules of a lane: which one matches a sale, and the result of the offer at its end. Pure."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from edge.decision.bands import band_names, band_probabilities
from edge.purchases.goods import basket_contents, category_of, restricted_names
from edge.till.messages import Offer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from edge.decision.fusion import TrackAge
    from edge.offers.sheet import Rule, Sheet
    from edge.purchases.restricted_words import RestrictedWords
    from edge.settings.sections import OffersSettings
    from edge.till.messages import BasketLine, OfferReply

OfferOutcome = Literal["held-out", "taken", "refused", "shown", "not-shown", "unanswered"]
"""The outcome of an offer. held-out: not made, so that sales with and without offers can be compared. shown: the
customer neither took nor refused it. not-shown: the till did not show it. unanswered: the till did not report on it."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer that a sale got, or would have got if it were not held out. sheet: when its sheet was made."""

    offer_id: str
    rule: Rule
    sheet: datetime
    held_out: bool

    def message(self, sale_id: str, lane: str, at: datetime) -> Offer:
        """The message to the till. at: now."""
        goods = self.rule.offer
        return Offer(
            offer_id=self.offer_id, sale_id=sale_id, lane=lane, category=goods.category, sku=goods.sku,
            text=self.rule.text, issued_at=at,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResolvedOffer:
    """The offer of a closed sale. bought: whether the goods were in the final basket; None when that is unknown."""

    offered: Offered
    outcome: OfferOutcome
    bought: bool | None


@dataclass(frozen=True)
class OfferBook:
    """A sheet with the lane's own settings. words: of restricted goods. catalogue: category by sku, for basket lines
    without a category."""

    sheet: Sheet
    settings: OffersSettings
    legal_age: int
    words: RestrictedWords
    catalogue: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that this lane may use."""
        return tuple(rule for rule, _ in self._rules)

    @cached_property
    def _rules(self) -> list[tuple[Rule, frozenset[str]]]:
        """Each usable rule with the names of all its goods and of their categories."""
        named = [
            (rule, rule.names.union(self.catalogue.get(name, name) for name in rule.names)) for rule in self.sheet.rules
        ]
        return [
            (rule, names)
            for rule, names in named
            if names.isdisjoint(self.settings.exclude)
            and not any(map(self.words.found_in, names))
            and self.sheet.starts_at(rule.band) >= self.legal_age
        ]

    def matching_rule(
        self, basket: Sequence[BasketLine], age: TrackAge, at: datetime, restricted: Collection[str]
    ) -> Rule | None:
        """The first rule that matches a customer's age and basket, if any. at: now. restricted: names of goods that
        tills have marked as restricted; no rule about them matches, nor about goods in the basket that are marked, or
        whose sku or category is a restricted word.

        No rule matches when the customer is under the legal age with a probability above `max_p_under_legal`, or when
        the likeliest band is less likely than `min_p_band`.
        """
        if self.sheet.expired(at):
            return None
        if age.estimate(self.legal_age).p_under_legal > self.settings.max_p_under_legal:
            return None
        probs = band_probabilities(age.distribution, self.sheet.bands)
        if max(probs) < self.settings.min_p_band:
            return None
        band = band_names(self.sheet.bands)[probs.index(max(probs))]
        present = basket_contents(basket, self.catalogue)
        # Excluded items never trigger an offer, even if their category may.
        basket = [
            line.model_copy(update={"restricted": True}) if self._is_restricted(line) else line for line in basket
        ]
        triggers = [line for line in basket if not (line.restricted or line.sku in self.settings.exclude)]
        reasons = _both(present, basket_contents(triggers, self.catalogue))
        marked = restricted_names(basket, self.catalogue)
        for rule, names in self._rules:
            matches = rule.band == band and all(goods.is_in(*reasons) for goods in rule.when)
            if matches and not rule.offer.is_in(*present) and names.isdisjoint(restricted) and names.isdisjoint(marked):
                return rule
        return None

    def _is_restricted(self, line: BasketLine) -> bool:
        names = (line.sku, line.category, category_of(line, self.catalogue))
        return line.restricted or any(self.words.found_in(name) for name in names if name)

    def make_offer(self, rule: Rule, sale_id: str, offer_id: str) -> Offered:
        """A matching rule as an offer. Whether it is held out is random, but always the same for a sale and a sheet."""
        digest = hmac.digest(bytes.fromhex(self.sheet.held_out_key), sale_id.encode(), "sha256")
        held_out = int.from_bytes(digest[:8], "big") < self.settings.held_out * 2**64
        return Offered(offer_id, rule, self.sheet.made_at, held_out)

    def resolve(self, offered: Offered, reply: OfferReply | None, basket: Sequence[BasketLine] | None) -> ResolvedOffer:
        """The result of an offer at the end of its sale. reply: the till's report on an offer. basket: what was sold,
        None when that is unknown."""
        answered = reply is not None and reply.offer_id == offered.offer_id
        outcome: OfferOutcome = (
            "held-out" if offered.held_out else reply.outcome if reply and answered else "unanswered"
        )
        bought = None if basket is None else offered.rule.offer.is_in(*basket_contents(basket, self.catalogue))
        return ResolvedOffer(offered, outcome, bought)


def _both(
    present: tuple[frozenset[str], frozenset[str]], others: tuple[frozenset[str], frozenset[str]]
) -> tuple[frozenset[str], frozenset[str]]:
    """What both baskets contain: a line and its void may not be marked alike."""
    return present[0] & others[0], present[1] & others[1]
