"""The items that the reference till sells."""

from __future__ import annotations

from dataclasses import dataclass

from edge.errors import UsageError
from edge.till.messages import Text


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the shop. price: in roubles. restricted: whether the customer must have reached the legal age."""

    sku: str
    name: Text
    category: str
    price: float
    restricted: bool = False


CATALOGUE = tuple(
    Item(sku, Text(ru=russian, en=sku), category, price, restricted)
    for sku, russian, category, price, restricted in (
        ("milk", "молоко", "dairy", 94.9, False),
        ("bread", "хлеб", "bakery", 52.0, False),
        ("butter", "масло", "dairy", 189.9, False),
        ("apples", "яблоки", "fruit", 129.0, False),
        ("chocolate", "шоколад", "sweets", 119.0, False),
        ("beer", "пиво", "beer", 99.9, True),
        ("wine", "вино", "wine", 649.0, True),
        ("vodka", "водка", "spirits", 459.0, True),
        ("energy-drink", "энергетик", "soft drinks", 109.0, True),
        ("cigarettes", "сигареты", "tobacco", 219.0, True),
    )
)


def find_item(word: str) -> Item:
    """The item with this number in the catalogue, or this name in Russian or English. Raises UsageError when there is
    none."""
    for number, item in enumerate(CATALOGUE, start=1):
        if word.casefold() in (str(number), item.sku, item.name.ru):
            return item
    raise UsageError(f"no item {word!r} in the catalogue: it has {', '.join(item.sku for item in CATALOGUE)}")
