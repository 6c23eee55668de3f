"""The rows that were collected from a log, as the branches of a tree. A log that nobody rolled back has one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge.records.chain import Head

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge.records.chain import StoredRow


@dataclass(frozen=True, slots=True)
class RowGap:
    """Rows that are missing between two that were collected, or before the first. broken: nothing is missing, but the
    later one was not written after the earlier one."""

    first: int
    last: int
    broken: bool = False


@dataclass(frozen=True, slots=True)
class CollectedChain:
    """The branch that the log has now. rows: of it. last: number of its newest row, 0 without rows. gaps: oldest
    first."""

    rows: frozenset[Head]
    last: int
    gaps: tuple[RowGap, ...]

    def until(self, number: int) -> CollectedChain:
        """The chain up to a row."""
        rows = frozenset(head for head in self.rows if head.number <= number)
        return CollectedChain(rows, min(self.last, number), tuple(gap for gap in self.gaps if gap.last <= number))


@dataclass
class Branches:
    """Positions of rows, each with the hash of the row before it."""

    _before: dict[Head, str] = field(default_factory=dict)

    def add(self, row: StoredRow) -> None:
        """Add a row. It may be there already."""
        self._before[Head(row.number, row.hash)] = row.row_before

    @property
    def count(self) -> int:
        """How many different rows there are."""
        return len(self._before)

    def main(self, heads: Iterable[Head]) -> CollectedChain:
        """The branch with the newest head that is in a branch, as long as it goes. heads: newest first."""
        head = next((head for head in heads if head in self._before), None)
        tips = sorted(self._tips(), key=lambda tip: tip.number, reverse=True)
        chains = (self._from(tip) for tip in tips)
        first = None
        for chain in chains:
            if head is None or head in chain.rows:
                return chain
            first = first or chain
        return first or CollectedChain(frozenset(), 0, ())

    def beside(self, chain: CollectedChain) -> list[int]:
        """The numbers of rows that are in no place of this chain, in order."""
        return sorted(head.number for head in self._before.keys() - chain.rows)

    def _tips(self) -> set[Head]:
        followed = {Head(head.number - 1, before) for head, before in self._before.items()}
        return self._before.keys() - followed

    def _from(self, tip: Head) -> CollectedChain:
        """The chain that ends with a row. Where rows are missing it goes on with the newest one before them."""
        by_number: dict[int, Head] = {}
        for head in self._before:
            by_number.setdefault(head.number, head)
        numbers = sorted(by_number)
        rows, gaps, at = {tip}, [], tip
        position = len(numbers)
        while True:
            before = Head(at.number - 1, self._before[at])
            if before not in self._before:
                while position and numbers[position - 1] >= at.number:
                    position -= 1
                if not position:
                    if at.number > 1:
                        gaps.append(RowGap(1, at.number - 1))
                    return CollectedChain(frozenset(rows), tip.number, tuple(reversed(gaps)))
                before = by_number[numbers[position - 1]]
                is_next = before.number == at.number - 1
                gaps.append(RowGap(before.number, at.number, broken=True) if is_next
                            else RowGap(before.number + 1, at.number - 1))  # fmt: skip
            rows.add(before)
            at = before
