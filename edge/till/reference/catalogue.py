"""The small shop that the reference till sells from."""

from __future__ import annotations

from dataclasses import dataclass

from edge.errors import UsageError
from edge.till.messages import Text


@dataclass(frozen=True, slots=True)
class Item:
    """Something on the shelf. restricted: not to be sold to the young. price: in roubles."""

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


def find(word: str) -> Item:
    """An item by its number in the catalogue or its name in either language. Raises UsageError when there is none."""
    for number, item in enumerate(CATALOGUE, start=1):
        if word.casefold() in (str(number), item.sku, item.name.ru):
            return item
    raise UsageError(f"no item {word!r} in the catalogue: there are {', '.join(item.sku for item in CATALOGUE)}")
