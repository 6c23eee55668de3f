"""The effect of offers: sales with an offer compared with sales whose offer was held out at random. Pure.

All sales with an offer count, shown or not, because whether an offer is shown is not random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.reports.shares import Share

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edge.offers.book import OfferOutcome

OTHERS = "others"
"""The name of the merged small offers."""

EVERYTHING = "all"
"""The name in the total's row."""

SHOWN: tuple[OfferOutcome, ...] = ("shown", "taken", "refused")
"""The outcomes of an offer that the cashier saw."""


@dataclass(frozen=True, slots=True)
class OfferTally:
    """The counts of one offer in a band, or of several together.

    made: of the sales with the offer, those in which the goods were bought. held_out: the same for the sales whose
    offer was held out. shown, taken, refused: number of sales with the offer, as reported by the till.
    """

    band: str
    offer: str
    made: Share
    held_out: Share
    shown: int
    taken: int
    refused: int

    @property
    def smaller(self) -> int:
        """The number of sales in the smaller of the two groups."""
        return min(self.made.trials, self.held_out.trials)

    @property
    def lift(self) -> float | None:
        """The share of buyers with the offer, divided by that without; None if there are no buyers without."""
        return self.made.value / self.held_out.value if self.held_out.hits else None

    @property
    def lift_interval(self) -> tuple[float, float]:
        """The 95 % interval of the lift; the upper end may be infinite."""
        return self.made.ratio_interval(self.held_out)


@dataclass(frozen=True, slots=True)
class OfferReport:
    """lines: one for each offer; offers with a group that is too small are merged into the last one. everything: the
    total; None if even that is too small. least: the smallest group that is shown. unknown: number of sales with an
    outcome that this version does not know. any_filed: whether there is any sale at all."""

    lines: tuple[OfferTally, ...]
    everything: OfferTally | None
    least: int
    unknown: int = 0
    any_filed: bool = False


def tally(band: str, offer: str, counts: Mapping[tuple[str, bool], int]) -> OfferTally:
    """counts: number of sales by outcome and by whether the goods were bought."""
    made = {key: count for key, count in counts.items() if key[0] != "held-out"}
    held_out = {key: count for key, count in counts.items() if key[0] == "held-out"}

    def number_of(*outcomes: str) -> int:
        return sum(count for (outcome, _), count in made.items() if outcome in outcomes)

    return OfferTally(
        band, offer, _bought(made), _bought(held_out), number_of(*SHOWN), number_of("taken"), number_of("refused")
    )


def _bought(counts: Mapping[tuple[str, bool], int]) -> Share:
    return Share(sum(count for (_, bought), count in counts.items() if bought), sum(counts.values()))


def compare(tallies: Sequence[OfferTally], min_customers: int, unknown: int = 0) -> OfferReport:
    """The report. min_customers: of each group that is shown.

    Smaller offers are merged into one line, with further offers if needed, so that no small group can be found by
    subtraction.
    """
    everything = _total(EVERYTHING, tallies)
    if everything.smaller < min_customers:
        return OfferReport((), None, min_customers, unknown, bool(tallies))
    by_size = sorted(tallies, key=lambda tally: (-tally.smaller, tally.band, tally.offer))
    alone = [tally for tally in by_size if tally.smaller >= min_customers]
    others = by_size[len(alone) :]
    while others and _total(OTHERS, others).smaller < min_customers:
        others.append(alone.pop())
    lines = sorted(alone, key=lambda tally: (tally.band, tally.offer))
    return OfferReport(
        (*lines, *([_total(OTHERS, others)] if others else [])), everything, min_customers, unknown, True
    )


def _total(name: str, tallies: Sequence[OfferTally]) -> OfferTally:
    return OfferTally(
        name,
        name,
        _sum([tally.made for tally in tallies]),
        _sum([tally.held_out for tally in tallies]),
        sum(tally.shown for tally in tallies),
        sum(tally.taken for tally in tallies),
        sum(tally.refused for tally in tallies),
    )


def _sum(shares: Sequence[Share]) -> Share:
    return Share(sum(share.hits for share in shares), sum(share.trials for share in shares))
