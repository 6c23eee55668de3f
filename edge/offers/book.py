"""The offers as a lane has them: whether one fits a sale, and what became of it. Pure."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from edge.decision.bands import band_names, band_probabilities
from edge.purchases.goods import contents, restricted_names
from edge.till.messages import Offer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from edge.decision.fusion import TrackAge
    from edge.offers.sheet import Rule, Sheet
    from edge.settings.sections import OffersSettings
    from edge.till.messages import BasketLine, OfferReply

OfferOutcome = Literal["held-out", "taken", "refused", "shown", "not-shown", "unanswered"]
"""What became of an offer. held-out: it was not made, so that others have something to be held against. shown: the
customer neither took nor refused it. not-shown: the till did not show it. unanswered: the till said nothing of it."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer that a sale got or, held out, would have got. sheet: when its sheet was made."""

    offer_id: str
    rule: Rule
    sheet: datetime
    held_out: bool

    def message(self, sale_id: str, lane: str, at: datetime) -> Offer:
        """What the till is told. at: now."""
        goods = self.rule.offer
        return Offer(
            offer_id=self.offer_id, sale_id=sale_id, lane=lane, category=goods.category, sku=goods.sku,
            text=self.rule.text, issued_at=at,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ResolvedOffer:
    """offered: what, in a sale that is over. outcome: of it. bought: whether the goods were in the basket in the end;
    None when nobody knows."""

    offered: Offered
    outcome: OfferOutcome
    bought: bool | None


@dataclass(frozen=True)
class OfferBook:
    """A sheet with the lane's own settings. catalogue: category by sku, for lines whose till names none."""

    sheet: Sheet
    settings: OffersSettings
    legal_age: int
    catalogue: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Those that may be used."""
        return tuple(rule for rule, _ in self._rules)

    @cached_property
    def _rules(self) -> list[tuple[Rule, frozenset[str]]]:
        """Each with the names of all goods that it is about, and of their categories."""
        named = [
            (rule, rule.names.union(self.catalogue.get(name, name) for name in rule.names)) for rule in self.sheet.rules
        ]
        return [
            (rule, names)
            for rule, names in named
            if names.isdisjoint(self.settings.exclude) and self.sheet.starts_at(rule.band) >= self.legal_age
        ]

    def fitting(
        self, basket: Sequence[BasketLine], age: TrackAge, at: datetime, restricted: Collection[str]
    ) -> Rule | None:
        """The offer for a customer of this age with this basket, if there is any. at: now. restricted: names of what
        tills have marked as such.

        Nobody who may be under the legal age with more than `max_p_under_legal` gets one, nor does anybody whose band
        is less likely than `min_p_band`.
        """
        if self.sheet.expired(at):
            return None
        if age.estimate(self.legal_age).p_under_legal > self.settings.max_p_under_legal:
            return None
        probs = band_probabilities(age.distribution, self.sheet.bands)
        if max(probs) < self.settings.min_p_band:
            return None
        band = band_names(self.sheet.bands)[probs.index(max(probs))]
        present = contents(basket, self.catalogue)
        # Of a category that may be a reason, what may not is none.
        usable = [line for line in basket if not (line.restricted or line.sku in self.settings.exclude)]
        reasons = contents(usable, self.catalogue)
        marked = restricted_names(basket, self.catalogue)
        for rule, names in self._rules:
            fits = rule.band == band and all(one.among(*reasons) for one in rule.when)
            if fits and not rule.offer.among(*present) and names.isdisjoint(restricted) and names.isdisjoint(marked):
                return rule
        return None

    def offered(self, rule: Rule, sale_id: str, offer_id: str) -> Offered:
        """A rule that fits, as an offer that is made or held out: by chance, but for a sale and sheet always alike."""
        drawn = hmac.digest(bytes.fromhex(self.sheet.held_out_key), sale_id.encode(), "sha256")
        held_out = int.from_bytes(drawn[:8], "big") < self.settings.held_out * 2**64
        return Offered(offer_id, rule, self.sheet.made_at, held_out)

    def became(self, offered: Offered, reply: OfferReply | None, basket: Sequence[BasketLine] | None) -> ResolvedOffer:
        """reply: what the till says of an offer. basket: at the end of the sale, None when nobody knows."""
        answered = reply is not None and reply.offer_id == offered.offer_id
        outcome: OfferOutcome = (
            "held-out" if offered.held_out else reply.outcome if reply and answered else "unanswered"
        )
        bought = None if basket is None else offered.rule.offer.among(*contents(basket, self.catalogue))
        return ResolvedOffer(offered, outcome, bought)
