"""The open sale of a till: its basket, its age-restricted items, and what is known about the customer's age. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from edge.till.messages import AgeRestrictedItem, Alert, BasketLine, CheckOutcome, CheckResult, Offer, OfferReply

if TYPE_CHECKING:
    from edge.till.reference.catalogue import Item

ASSUMED_AGE = 18
"""The minimum age of items without one of their own, in years, until an alert states the lane's legal age."""


@dataclass(frozen=True, slots=True)
class TillSale:
    """A sale at the till. Immutable. Times are of a monotonic clock.

    training: the sale is only an exercise. restricted: the age-restricted items in the basket, one for each unit.
    restricted_s: when the customer's age was last asked for: an item was the first restricted one, or the strictest.
    lane_age: the lane's legal age, None while unknown. alert: the newest alert. alert_until_s: when it expires.
    alert_seen: whether it was on the screen. checks: results of ID checks, each with its minimum age, oldest first.
    offer: the agent's offer. offer_outcome: the result of the offer so far.
    """

    sale_id: str
    training: bool = False
    basket: tuple[BasketLine, ...] = ()
    restricted: tuple[AgeRestrictedItem, ...] = ()
    restricted_s: float | None = None
    lane_age: int | None = None
    alert: Alert | None = None
    alert_until_s: float = 0.0
    alert_seen: bool = False
    checks: tuple[CheckResult, ...] = ()
    offer: Offer | None = None
    offer_outcome: Literal["not-shown", "shown", "taken", "refused"] = "not-shown"

    def with_item(self, item: Item, now_s: float) -> TillSale:
        """The sale after one more item was scanned."""
        sale = self._with_quantity(item, 1)
        if not item.restricted:
            return sale
        added = AgeRestrictedItem(sku=item.sku, minimum_age=item.minimum_age)
        after = replace(sale, restricted=(*self.restricted, added))
        return after if self.restricted and after.strictest == self.strictest else replace(after, restricted_s=now_s)

    def without_item(self, item: Item, now_s: float) -> TillSale:
        """The sale after one of its items was removed. An alert for a higher age than is left no longer counts."""
        after = self._with_quantity(item, -1)
        number = next((number for number, left in enumerate(self.restricted) if left.sku == item.sku), None)
        if number is None:
            return after
        after = replace(after, restricted=self.restricted[:number] + self.restricted[number + 1 :])
        if not after.restricted:
            return replace(after, alert=None)
        if after.strictest == self.strictest:
            return after
        stale = self.alert is not None and self.alert_age > after.strictest
        return replace(after, restricted_s=now_s, alert=None if stale else self.alert)

    def with_alert(self, alert: Alert, until_s: float) -> TillSale:
        """The sale after a newer alert. until_s: when it expires."""
        states_lane_age = alert.legal_age and all(item.minimum_age is None for item in self.restricted)
        lane_age = alert.legal_age if states_lane_age else self.lane_age
        return replace(self, alert=alert, alert_until_s=until_s, alert_seen=False, lane_age=lane_age)

    def with_check(self, check: CheckResult) -> TillSale:
        """The sale after an ID check. Without a minimum age, the check is for the strictest item."""
        minimum_age = check.minimum_age or self.asked_age
        return replace(self, checks=(*self.checks, check.model_copy(update={"minimum_age": minimum_age})))

    def resumed(self, now_s: float) -> TillSale:
        """The sale after it was set aside: the customer's age is looked at anew, and checks stay."""
        return replace(self, alert=None, restricted_s=now_s if self.restricted else self.restricted_s)

    def quantity_of(self, item: Item) -> float:
        """How many of an item are in the basket."""
        return sum(line.quantity for line in self.basket if line.sku == item.sku)

    def age_of(self, item: AgeRestrictedItem) -> int:
        """The minimum age of an item in years, as far as the till knows."""
        return item.minimum_age or self.lane_age or ASSUMED_AGE

    @property
    def strictest_item(self) -> AgeRestrictedItem | None:
        """The item with the highest minimum age, None without a restricted item."""
        return max(self.restricted, key=self.age_of, default=None)

    @property
    def strictest(self) -> int:
        """The highest minimum age in the basket; 0 without a restricted item."""
        return self.age_of(self.strictest_item) if self.strictest_item else 0

    @property
    def alert_age(self) -> int:
        """The age that the alert is for; 0 without an alert."""
        return (self.alert.legal_age or self.lane_age or ASSUMED_AGE) if self.alert else 0

    @property
    def asked_age(self) -> int:
        """The age that an ID check is for, as far as the till knows."""
        return max(self.strictest, self.alert_age) or self.lane_age or ASSUMED_AGE

    @property
    def stated_age(self) -> int | None:
        """The age that an ID check is for; None if only the lane knows it, because an item has no age of its own."""
        stated = [item.minimum_age for item in self.restricted if item.minimum_age]
        stated += [age for age in (self.lane_age, self.alert.legal_age if self.alert else None) if age]
        return self.asked_age if self.asked_age in stated else None

    def outcome_for(self, age: int) -> CheckOutcome | None:
        """The result of the last ID check that answers for items of this age. Passing for a lower age does not, nor
        does being too young for a higher one."""
        for check in reversed(self.checks):
            checked = check.minimum_age or age
            if check.outcome == "not-shown" or (checked >= age if check.outcome == "passed" else checked <= age):
                return check.outcome
        return None

    @property
    def check(self) -> CheckOutcome | None:
        """The result of the last ID check that answers for the strictest item; None without one."""
        return self.outcome_for(self.asked_age)

    @property
    def forbidden_from(self) -> int | None:
        """The lowest minimum age of the items that must not be sold after a failed ID check; None if there are none."""
        return min((self.age_of(item) for item in self.restricted if self._is_forbidden(item)), default=None)

    @property
    def lowest(self) -> int:
        """The lowest minimum age in the basket; 0 without a restricted item."""
        return min((self.age_of(item) for item in self.restricted), default=0)

    @property
    def awaits_decision(self) -> bool:
        """Whether there is a restricted item, and neither an alert nor an ID check yet."""
        return bool(self.restricted) and self.alert is None and self.check is None

    @property
    def offer_reply(self) -> OfferReply | None:
        """The result of the offer for `lane.sale.closed`, None without an offer."""
        return OfferReply(offer_id=self.offer.offer_id, outcome=self.offer_outcome) if self.offer else None

    @property
    def unrestricted_lines(self) -> tuple[BasketLine, ...]:
        """The basket without restricted items."""
        return tuple(line for line in self.basket if not line.restricted)

    @property
    def allowed_lines(self) -> tuple[BasketLine, ...]:
        """The basket without the items that must not be sold after a failed ID check."""
        forbidden = {item.sku for item in self.restricted if self._is_forbidden(item)}
        return tuple(line for line in self.basket if line.sku not in forbidden)

    def _is_forbidden(self, item: AgeRestrictedItem) -> bool:
        return self.outcome_for(self.age_of(item)) in ("failed", "not-shown")

    def _with_quantity(self, item: Item, more: int) -> TillSale:
        lines = {line.sku: line for line in self.basket}
        quantity = self.quantity_of(item) + more
        lines[item.sku] = BasketLine(
            sku=item.sku, category=item.category, quantity=quantity, price=item.price, restricted=item.restricted
        )
        return replace(self, basket=tuple(line for line in lines.values() if line.quantity > 0))


def why_ignored(sale: TillSale | None, alert: Alert, lasts_s: float) -> str | None:
    """Why an alert does not concern the open sale now, None if it does. lasts_s: how long it may be shown."""
    if sale is None or sale.sale_id != alert.sale_id:
        return "other-sale"
    if not sale.restricted:
        return "nothing-restricted"
    if sale.alert and alert.issued_at < sale.alert.issued_at:
        return "newer-one-known"
    return "expired" if lasts_s <= 0 else None
