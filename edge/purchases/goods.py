"""Goods by category and sku: those of offers, those in a basket, and those that a till has marked. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from edge.till.messages import BasketLine

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
    """The categories and the skus in a basket, without returned goods. catalogue: as for `restricted_names`."""
    lines = [line for line in basket if line.quantity > 0]
    categories = (category_of(line, catalogue) for line in lines)
    return frozenset(name for name in categories if name), frozenset(line.sku for line in lines if line.sku)
