"""Goods by category and sku: those of offers, those in a basket, and those that a till has marked. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from edge.till.messages import BasketLine

QUANTITY_DIGITS = 6
"""Decimals of a sum of quantities. What adding and subtracting leaves below is noise."""

Name = Annotated[str, Field(min_length=1, max_length=128)]


class Goods(BaseModel):
    """A category, or one article by its sku; the category of an article may be given too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: Name | None = None
    sku: Name | None = None

    @model_validator(mode="after")
    def _named(self) -> Goods:
        if not self.names:
            raise ValueError("goods need a category or a sku")
        return self

    @property
    def names(self) -> frozenset[str]:
        """Category and sku, as far as given."""
        return frozenset(name for name in (self.category, self.sku) if name)

    @property
    def name(self) -> str:
        """The sku, or without one the category."""
        return self.sku or self.category or ""

    def is_in(self, categories: Collection[str], skus: Collection[str]) -> bool:
        """Whether a basket with these categories and skus has these goods."""
        return self.sku in skus if self.sku else self.category in categories


def category_of(line: BasketLine, catalogue: Mapping[str, str]) -> str | None:
    """The category of a line; None when neither the till nor the catalogue knows it. catalogue: category by sku."""
    return line.category or (catalogue.get(line.sku) if line.sku else None)


def restricted_names(basket: Iterable[BasketLine], catalogue: Mapping[str, str]) -> frozenset[str]:
    """Skus and categories of the lines that a till has marked as restricted. catalogue: category by sku, for lines
    without a category."""
    lines = [line for line in basket if line.restricted]
    return frozenset(name for line in lines for name in (line.sku, category_of(line, catalogue)) if name)


def basket_contents(
    basket: Iterable[BasketLine], catalogue: Mapping[str, str]
) -> tuple[frozenset[str], frozenset[str]]:
    """The categories and the skus in a basket, without what was voided or returned. catalogue: as for
    `restricted_names`.

    `edge.reports.netting` is the same for filed baskets.
    """
    basket = tuple(basket)
    quantities: dict[tuple[str | None, str | None], list[float]] = {}
    for line, category in zip(basket, categories_of(basket, catalogue), strict=True):
        if line.price is None or line.price >= 0:  # not a discount
            quantities.setdefault((category, line.sku), []).append(line.quantity)
    bought = [article for article, counts in quantities.items() if round(math.fsum(counts), QUANTITY_DIGITS) > 0]
    return frozenset(name for name, _ in bought if name), frozenset(sku for _, sku in bought if sku)


def categories_of(basket: Sequence[BasketLine], catalogue: Mapping[str, str]) -> list[str | None]:
    """The category of each line. A void may come without the category of the line it voids."""
    of_lines = {line.sku: line.category for line in basket if line.sku and line.category}
    return [category_of(line, catalogue) or of_lines.get(line.sku or "") for line in basket]
