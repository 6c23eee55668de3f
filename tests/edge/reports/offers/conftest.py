"""The rules, sheets and keys of `tests.edge.offers`."""

from tests.edge.offers.conftest import aged, book, keys, line, rule, sheet, signed

__all__ = ["aged", "book", "keys", "line", "rule", "sheet", "signed"]
