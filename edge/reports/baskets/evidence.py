"""What all baskets together say of their bands: the sums that every figure is computed from. Pure.

A customer's band is known only by its probabilities p. Sums of their products, up to four at a time, are all that
least squares and its variances need, and sums of several shops can be added.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class BandEvidence:
    """fourth: float64 (B, B, B, B), the sum over baskets of p_i p_j p_k p_l. Since each p sums to 1, the sums of fewer
    factors are in it."""

    fourth: NDArray[np.float64]

    @cached_property
    def third(self) -> NDArray[np.float64]:
        return np.asarray(self.fourth.sum(axis=-1))

    @cached_property
    def second(self) -> NDArray[np.float64]:
        return np.asarray(self.third.sum(axis=-1))

    @cached_property
    def customers(self) -> NDArray[np.float64]:
        """float64 (B,): how many customers each band has, each counted in parts."""
        return np.asarray(self.second.sum(axis=-1))

    @property
    def baskets(self) -> float:
        return float(self.customers.sum())

    @property
    def shares(self) -> NDArray[np.float64]:
        """float64 (B,): of the customers."""
        return self.customers / self.baskets

    @property
    def share_variances(self) -> NDArray[np.float64]:
        return np.asarray(np.diag(self.spread) / self.baskets)

    @cached_property
    def spread(self) -> NDArray[np.float64]:
        """float64 (B, B): the covariance of the bands' probabilities among customers."""
        return self.second / self.baskets - np.outer(self.shares, self.shares)

    @cached_property
    def inverse(self) -> NDArray[np.float64]:
        return np.asarray(np.linalg.pinv(self.second, hermitian=True))

    @cached_property
    def effective(self) -> NDArray[np.float64]:
        """float64 (B,): as many customers of surely known band would tell as much about each band as these do. 0 where
        nothing tells a band from the others."""
        if np.linalg.cond(self.second) > _HOPELESS:
            return np.zeros(len(self.second))
        return np.asarray(1 / np.diag(self.inverse))

    def joined(self, groups: Sequence[Sequence[int]]) -> BandEvidence:
        """The same for groups of bands, each taken as one."""
        member = membership(groups)
        return BandEvidence(
            np.einsum("ai,bj,ck,dl,ijkl->abcd", member, member, member, member, self.fourth, optimize=True)
        )


_HOPELESS = 1e10
"""Condition of the second sums above which their inverse is noise."""

_ROUNDING = 1e-6
"""By so much sums of parts of customers may be off."""


def membership(groups: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """float64 (groups, bands): 1 where a band belongs to a group."""
    bands = sum(len(group) for group in groups)
    return np.array([[float(band in group) for band in range(bands)] for group in groups])


def groups_of_at_least(evidence: BandEvidence, least: int) -> list[list[int]]:
    """Bands joined with their neighbours until each group has at least so many customers, counted in parts and by what
    is known of them (`effective`). Empty when all together are fewer.

    Nothing is left out that could be found by subtracting what is shown from the whole.
    """
    enough = least - _ROUNDING
    if evidence.baskets < enough:
        return []
    groups = [[band] for band in range(len(evidence.fourth))]
    while len(groups) > 1:
        now = evidence.joined(groups)
        size = np.minimum(now.customers, now.effective)
        smallest = int(size.argmin())
        if size[smallest] >= enough:
            return groups
        neighbours = [other for other in (smallest - 1, smallest + 1) if 0 <= other < len(groups)]
        first = min(smallest, min(neighbours, key=lambda other: float(now.customers[other])))
        groups[first : first + 2] = [groups[first] + groups[first + 1]]
    return groups
