"""A share such as 3 of 40, and how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

_Z95 = 1.959964


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share (Wilson 1927); 0 to 1 when nothing was tried."""
    if not trials:
        return 0.0, 1.0
    share, z2 = hits / trials, _Z95**2
    centre = share + z2 / (2 * trials)
    spread = _Z95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    scale = 1 + z2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


@dataclass(frozen=True, slots=True)
class Share:
    """So many hits of so many trials."""

    hits: int
    trials: int

    @property
    def value(self) -> float:
        """From 0 to 1; 0 when nothing was tried."""
        return self.hits / self.trials if self.trials else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, Wilson."""
        return wilson_interval(self.hits, self.trials)

    def ratio_interval(self, other: Share) -> tuple[float, float]:
        """The 95 % interval of this share by the other (Donner and Zou 2012, from the two Wilson intervals); the upper
        end is infinite where the other may be 0."""
        (low, high), (other_low, other_high) = self.interval, other.interval
        product = self.value * other.value

        def root(end: float, other_end: float) -> float:
            inside = product**2 - end * other_end * (2 * self.value - end) * (2 * other.value - other_end)
            return product + math.sqrt(max(inside, 0.0))

        lower = low * (2 * self.value - low) / root(low, other_high) if low > 0 else 0.0
        below = other_low * (2 * other.value - other_low)
        return lower, root(high, other_low) / below if below > 0 else math.inf
