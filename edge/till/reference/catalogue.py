"""The items that the reference till sells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.language.formats import Shown
from edge.language.words import words
from edge.till.messages import Text

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the shop. price: in roubles. restricted: whether the customer must have reached a minimum age.
    minimum_age: that age in years, None for the legal age of the lane."""

    sku: str
    name: Text
    category: str
    price: float
    restricted: bool = False
    minimum_age: int | None = None


CATALOGUE = tuple(
    Item(sku, Text(ru=russian, en=sku), category, price, restricted, minimum_age)
    for sku, russian, category, price, restricted, minimum_age in (
        ("milk", "молоко", "dairy", 94.9, False, None),
        ("bread", "хлеб", "bakery", 52.0, False, None),
        ("butter", "масло", "dairy", 189.9, False, None),
        ("apples", "яблоки", "fruit", 129.0, False, None),
        ("chocolate", "шоколад", "sweets", 119.0, False, None),
        ("beer", "пиво", "beer", 99.9, True, None),
        ("wine", "вино", "wine", 649.0, True, None),
        ("vodka", "водка", "spirits", 459.0, True, 21),
        ("energy-drink", "энергетик", "soft drinks", 109.0, True, 16),
        ("cigarettes", "сигареты", "tobacco", 219.0, True, None),
    )
)


def find_item(word: str) -> Item:
    """The item with this number in the catalogue, or this name in Russian or English. Raises UsageError when there is
    none."""
    for number, item in enumerate(CATALOGUE, start=1):
        if word.casefold() in (str(number), item.sku, item.name.ru):
            return item
    names = names_of(item.sku for item in CATALOGUE)
    raise UsageError(words("no item {word} in the catalogue: it has {names}", word=repr(word), names=names))


def names_of(skus: Iterable[str]) -> Shown:
    """The names of items, for a text: each language has its own. Goods of other shops have only their number."""
    return Shown(_names_in, tuple(skus))


def _names_in(skus: tuple[str, ...], language: str) -> str:
    known = {item.sku: getattr(item.name, language, item.sku) for item in CATALOGUE}
    return ", ".join(known.get(sku, sku) for sku in skus)
