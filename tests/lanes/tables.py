"""The tables of the made-up lanes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from edge.decision.policy import Limit, asks
from edge.reports.shares import wilson_interval
from edge.settings.sections import PolicySettings
from tests.lanes.fusions import FUSIONS, Fusion
from tests.lanes.sampling import Customer

FEW_PASS = 0.05
"""Share of the minors who may pass when ways to fuse are compared."""


def measured(customers: Sequence[Customer], limits: Sequence[tuple[float, Limit]]) -> Table:
    """What the limits of a bundle do. limits: each with its stated risk, 0..1."""
    table = Table("stated risk", "limit on P", "minors who pass", "adults who are asked", title="Limits of the bundle")
    for risk, limit in limits:
        asked = np.array([asked_for_id(customer, limit) for customer in customers])
        table.add_row(f"{risk:.0%}", f"{limit.max_p_under_legal:.2%}", *_shares(customers, asked))
    return table


def compared(customers: Sequence[Customer], legal_age: int) -> Table:
    """Ways to fuse samples, each with the limit at which `FEW_PASS` of the minors pass."""
    table = Table("fusion", "limit on P", "minors who pass", "adults who are asked", title="Ways to fuse samples")
    for name, fusion in FUSIONS.items():
        probabilities = fused(customers, fusion, legal_age)
        minors = np.sort(probabilities[[customer.minor for customer in customers]])
        limit = float(minors[int(len(minors) * FEW_PASS)]) if len(minors) else 0.0
        table.add_row(name, f"{limit:.2%}", *_shares(customers, probabilities >= limit))
    return table


def asked_for_id(customer: Customer, limit: Limit) -> bool:
    """Whether the lane asks: as `edge.decision.policy` decides, for too few samples too."""
    if len(customer.quality) < PolicySettings().min_looks:
        return True
    weighted = (customer.age_probs * customer.quality[:, None]).sum(axis=0)
    return bool(asks(weighted / weighted.sum(), limit))


def fused(customers: Sequence[Customer], fusion: Fusion, legal_age: int) -> NDArray[np.float64]:
    """P(under the legal age) of every customer, (N,); 1 for a customer with too few samples, who is asked."""
    fewest = PolicySettings().min_looks
    return np.array(
        [fusion(each.age_probs, each.quality, legal_age) if len(each.quality) >= fewest else 1.0 for each in customers]
    )


def _shares(customers: Sequence[Customer], asked: NDArray[np.bool_]) -> tuple[str, str]:
    minors = np.array([customer.minor for customer in customers])
    return _share(int((~asked[minors]).sum()), int(minors.sum())), _share(
        int(asked[~minors].sum()), int((~minors).sum())
    )


def _share(count: int, of: int) -> str:
    if not of:
        return "none drawn"
    low, high = wilson_interval(count, of)
    return f"{count} of {of} ({count / of:.1%}, {low:.0%} to {high:.0%})"
