"""What offers brought: sales that got one beside those that would have, but were held out by chance. Pure.

Compared are all sales with an offer, also those in which nobody saw it: who is shown one is no matter of chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.reports.shares import Share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from edge.offers.book import OfferOutcome

OTHERS = "others"
EVERYTHING = "all"

SHOWN: tuple[OfferOutcome, ...] = ("shown", "taken", "refused")


@dataclass(frozen=True, slots=True)
class OfferTally:
    """One offer in a band, or several together. made: sales that got it, and those of them in which the goods were
    bought. held_out: the same of sales that got none. shown, taken, refused: of those that got it, as the till says."""

    band: str
    offer: str
    made: Share
    held_out: Share
    shown: int
    taken: int
    refused: int

    @property
    def smaller(self) -> int:
        """The customers of the smaller of both groups."""
        return min(self.made.trials, self.held_out.trials)

    @property
    def lift(self) -> float | None:
        """How often the goods were bought after an offer, by how often without; None where nobody did without."""
        return self.made.value / self.held_out.value if self.held_out.hits else None

    @property
    def lift_interval(self) -> tuple[float, float]:
        """95 %; without an end where that cannot be told."""
        return self.made.ratio_interval(self.held_out)


@dataclass(frozen=True, slots=True)
class OfferReport:
    """lines: by offer; those of which either group is too small are together in the last. everything: all together,
    None where even that is too small. unknown: rows with an outcome that is not known."""

    lines: tuple[OfferTally, ...]
    everything: OfferTally | None
    least: int
    unknown: int = 0


def tally(band: str, offer: str, counts: Mapping[tuple[str, bool], int]) -> OfferTally:
    """counts: sales by outcome, and by whether the goods were bought."""
    made = {key: count for key, count in counts.items() if key[0] != "held-out"}
    held_out = {key: count for key, count in counts.items() if key[0] == "held-out"}

    def of(*outcomes: str) -> int:
        return sum(count for (outcome, _), count in made.items() if outcome in outcomes)

    return OfferTally(band, offer, _bought(made), _bought(held_out), of(*SHOWN), of("taken"), of("refused"))


def _bought(counts: Mapping[tuple[str, bool], int]) -> Share:
    return Share(sum(count for (_, bought), count in counts.items() if bought), sum(counts.values()))


def compare(tallies: Sequence[OfferTally], least: int, unknown: int = 0) -> OfferReport:
    """least: no group with fewer customers is shown, nor can it be found by subtraction: offers are put together until
    both their groups have as many."""
    everything = _together(EVERYTHING, tallies)
    if everything.smaller < least:
        return OfferReport((), None, least, unknown)
    by_size = sorted(tallies, key=lambda one: (-one.smaller, one.band, one.offer))
    alone = [one for one in by_size if one.smaller >= least]
    others = by_size[len(alone) :]
    while others and _together(OTHERS, others).smaller < least:
        others.append(alone.pop())
    lines = sorted(alone, key=lambda one: (one.band, one.offer))
    return OfferReport((*lines, *([_together(OTHERS, others)] if others else [])), everything, least, unknown)


def _together(name: str, tallies: Iterable[OfferTally]) -> OfferTally:
    several = list(tallies)

    def added(shares: Iterable[Share]) -> Share:
        all_of_them = list(shares)
        return Share(sum(one.hits for one in all_of_them), sum(one.trials for one in all_of_them))

    return OfferTally(
        name,
        name,
        added(one.made for one in several),
        added(one.held_out for one in several),
        sum(one.shown for one in several),
        sum(one.taken for one in several),
        sum(one.refused for one in several),
    )
