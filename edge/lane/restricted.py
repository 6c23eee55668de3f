"""Age-restricted items: the strictest of them, which are left, and whether a basket has any. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from edge.till.messages import AgeRestrictedItem, BasketLine


def minimum_age_of(items: Iterable[AgeRestrictedItem]) -> int | None:
    """The highest minimum age of some items, None without one."""
    return max((item.minimum_age for item in items if item.minimum_age is not None), default=None)


def without(items: Sequence[AgeRestrictedItem], sku: str | None) -> tuple[AgeRestrictedItem, ...]:
    """The items without one of this sku; all of them when none may be it. Without a sku, or when the till sent none
    with the scan, the least strict item is removed: too many prompts do less harm than one too few."""
    candidates = [number for number, item in enumerate(items) if sku is not None and item.sku == sku]
    candidates = candidates or [number for number, item in enumerate(items) if sku is None or item.sku is None]
    if not candidates:
        return tuple(items)
    gone = min(candidates, key=lambda number: items[number].minimum_age or 0)
    return tuple(item for number, item in enumerate(items) if number != gone)


def has_restricted(basket: Iterable[BasketLine], skus: Collection[str]) -> bool:
    """Whether a basket has restricted goods, after returns. skus: of goods that the till reported as restricted."""
    quantities: defaultdict[str | None, float] = defaultdict(float)
    for line in basket:
        if line.restricted or line.sku in skus:
            # Nobody knows whether a return without a usable sku is of the same goods.
            quantities[line.sku] += line.quantity if line.sku else max(0.0, line.quantity)
    return any(quantity > 0 for quantity in quantities.values())


def says_what_is_sold(basket: Collection[BasketLine]) -> bool:
    """Whether a basket shows which of its lines are restricted. A line without a usable sku must be marked, because its
    sku may be one that was reported as restricted."""
    return bool(basket) and all(line.sku or "restricted" in line.model_fields_set for line in basket)
