"""Sums of products of band probabilities over baskets. Pure.

A customer's band is known only by its probabilities p. Least squares and its variances need the sums of products of up
to four of them. Such sums can be added over shops.
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
    """fourth: float64 (B, B, B, B), the sum over baskets of p_i p_j p_k p_l.

    The sums of fewer factors follow from it, because each customer's p sum to 1.
    """

    fourth: NDArray[np.float64]

    @cached_property
    def third(self) -> NDArray[np.float64]:
        """float64 (B, B, B): the sum of p_i p_j p_k."""
        return np.asarray(self.fourth.sum(axis=-1))

    @cached_property
    def second(self) -> NDArray[np.float64]:
        """float64 (B, B): the sum of p_i p_j."""
        return np.asarray(self.third.sum(axis=-1))

    @cached_property
    def customers(self) -> NDArray[np.float64]:
        """float64 (B,): the sum of p_i, which is the expected number of customers in each band."""
        return np.asarray(self.second.sum(axis=-1))

    @property
    def baskets(self) -> float:
        """The number of baskets."""
        return float(self.customers.sum())

    @property
    def shares(self) -> NDArray[np.float64]:
        """float64 (B,): each band's share of the customers."""
        return self.customers / self.baskets

    @property
    def share_variances(self) -> NDArray[np.float64]:
        """float64 (B,): the sampling variance of `shares`."""
        return np.asarray(np.diag(self.spread) / self.baskets)

    @cached_property
    def spread(self) -> NDArray[np.float64]:
        """float64 (B, B): the covariance of the band probabilities among customers."""
        return self.second / self.baskets - np.outer(self.shares, self.shares)

    @cached_property
    def inverse(self) -> NDArray[np.float64]:
        """float64 (B, B): the pseudoinverse of `second`."""
        return np.asarray(np.linalg.pinv(self.second, hermitian=True))

    @cached_property
    def effective(self) -> NDArray[np.float64]:
        """float64 (B,): the number of customers of certain band that would give the same precision for each band.

        All 0 if the probabilities do not separate the bands.
        """
        if np.linalg.cond(self.second) > _MAX_CONDITION:
            return np.zeros(len(self.second))
        return np.asarray(1 / np.diag(self.inverse))

    def joined(self, groups: Sequence[Sequence[int]]) -> BandEvidence:
        """The evidence for groups of bands, each group as one band."""
        member = membership(groups)
        return BandEvidence(
            np.einsum("ai,bj,ck,dl,ijkl->abcd", member, member, member, member, self.fourth, optimize=True)
        )


_MAX_CONDITION = 1e10
"""With a higher condition number, the inverse of the second sums is only rounding noise."""

_ROUNDING = 1e-6
"""Tolerance for sums of probabilities."""


def membership(groups: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """float64 (groups, bands): 1 if the band belongs to the group, otherwise 0."""
    bands = sum(len(group) for group in groups)
    return np.array([[float(band in group) for band in range(bands)] for group in groups])


def groups_of_at_least(evidence: BandEvidence, least: int) -> list[list[int]]:
    """Merges neighbouring bands until each group has at least `least` customers, and as many effective ones.

    Every band is in a group, so that no small band can be found by subtraction. Empty if there are fewer customers in
    total.
    """
    enough = least - _ROUNDING
    if evidence.baskets < enough:
        return []
    groups = [[band] for band in range(len(evidence.fourth))]
    while len(groups) > 1:
        merged = evidence.joined(groups)
        size = np.minimum(merged.customers, merged.effective)
        smallest = int(size.argmin())
        if size[smallest] >= enough:
            return groups
        neighbours = [other for other in (smallest - 1, smallest + 1) if 0 <= other < len(groups)]
        first = min(smallest, min(neighbours, key=lambda other: float(merged.customers[other])))
        groups[first : first + 2] = [groups[first] + groups[first + 1]]
    return groups
