"""Words around numbers in the reports' texts."""

from __future__ import annotations


def counted(count: int, singular: str, plural: str) -> str:
    """`1 sale`, `2 sales`."""
    return f"{count} {singular if count == 1 else plural}"


def percent(share: float) -> str:
    """`12.3 %`; `<0.1 %` for a small share above 0. share: from 0 to 1."""
    return "<0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"
