"""A simulated shop in which it is known what each band buys, and the clock of another time zone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.bench.chain import MODEL_WIDTH_YEARS, customers_by_age
from edge.reports.baskets.evidence import BandEvidence
from edge.vision.faces import AGES
from tests.edge.purchases.conftest import EDGES, edges, filed, line, noon, purchase
from tests.edge.reports.cashiers.conftest import kept, sale

__all__ = ["edges", "filed", "kept", "line", "noon", "purchase", "sale"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Customers:
    """bands: int (N,), the true ones. probs: float64 (N, B), what the age model says of them."""

    bands: NDArray[np.int64]
    probs: Array

    @property
    def evidence(self) -> BandEvidence:
        p = self.probs
        return BandEvidence(np.einsum("si,sj,sk,sl->ijkl", p, p, p, p, optimize=True))


@dataclass(frozen=True)
class Shop:
    """A shop whose customers' ages, and what they buy, are made up."""

    chance: np.random.Generator

    @property
    def ages(self) -> Array:
        """How many customers are of each age."""
        return customers_by_age()

    @property
    def shares(self) -> Array:
        """Of each band among the customers, float64 (6,)."""
        return np.bincount(_band_of(np.arange(AGES)), self.ages)

    def customers(self, number: int, believed_ages: Array | None = None) -> Customers:
        """believed_ages: how many of each age the model takes for granted that there are; right by default."""
        ages = self.chance.choice(AGES, number, p=self.ages)
        seen = ages + self.chance.normal(0, MODEL_WIDTH_YEARS, number)
        fit = np.exp(-(((seen[:, None] - np.arange(AGES)) / MODEL_WIDTH_YEARS) ** 2) / 2)
        by_age = fit * (self.ages if believed_ages is None else believed_ages)
        by_band = np.stack([by_age[:, _band_of(np.arange(AGES)) == band].sum(axis=1) for band in range(6)], axis=1)
        return Customers(_band_of(ages), by_band / by_band.sum(axis=1, keepdims=True))

    def buys(self, customers: Customers, shares: Array) -> NDArray[np.bool_]:
        """bool (N,): who buys something that these shares of the bands buy."""
        return np.asarray(self.chance.random(len(customers.bands)) < shares[customers.bands])


def _band_of(ages: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(EDGES, ages, side="right")


@pytest.fixture
def shop() -> Callable[..., Shop]:
    """A simulated shop; the same seed gives the same customers."""
    return lambda seed=0: Shop(np.random.default_rng(seed))


@pytest.fixture(scope="session")
def evidence_of() -> Callable[[Any], BandEvidence]:
    """The sums over customers with these probabilities, (N, B)."""
    return lambda probs: Customers(np.zeros(0, np.int64), np.asarray(probs, np.float64)).evidence


@pytest.fixture
def in_moscow(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's clock shows Moscow time: three hours ahead of UTC, all year."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "MSK-3")
        time.tzset()
        yield
    time.tzset()
