"""Purchases, the folders they are filed in, and a simulated shop in which it is known what each band buys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.bench.chain import MODEL_WIDTH_YEARS, customers_by_age
from edge.faces import AGES
from edge.insights.bands import band_names
from edge.insights.evidence import Evidence
from edge.insights.parquet import write_day
from edge.insights.purchases import Line, Purchase

EDGES = (18, 25, 35, 45, 60)
NOON = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
_files = count(1)

Array = NDArray[np.float64]


def line_of(category: str | None = "dairy", quantity: float = 1, price: float | None = 10.0, sku: str = "milk") -> Line:
    return Line(category=category, sku=sku, quantity=quantity, price=price)


def purchase_of(
    *lines: Line, probs: Sequence[float] | None = (0, 0, 1, 0, 0, 0), time: datetime = NOON, store: str = "store-1",
    lane: str = "lane-1", edges: tuple[int, ...] = EDGES,
) -> Purchase:  # fmt: skip
    """By default a carton of milk, bought by somebody who is surely 25 to 34."""
    band = band_names(edges)[int(np.argmax(probs))] if probs is not None else "unknown"
    return Purchase(
        time=time, store=store, lane=lane, band=band, band_edges=edges,
        band_probs=None if probs is None else tuple(map(float, probs)), lines=lines or (line_of(),),
    )  # fmt: skip


@pytest.fixture(scope="session")
def noon() -> datetime:
    return NOON


@pytest.fixture(scope="session")
def edges() -> tuple[int, ...]:
    return EDGES


@pytest.fixture(scope="session")
def line() -> Callable[..., Line]:
    return line_of


@pytest.fixture(scope="session")
def purchase() -> Callable[..., Purchase]:
    return purchase_of


@pytest.fixture
def filed(tmp_path: Path) -> Callable[..., Path]:
    """The folder in which these purchases are filed, as lanes file them."""

    def file(*purchases: Purchase, folder: str = "insights") -> Path:
        days: dict[tuple[str, str], list[str]] = {}
        for one in purchases:
            days.setdefault((f"{one.time:%Y-%m-%d}", one.lane), []).append(one.model_dump_json())
        (tmp_path / folder).mkdir(exist_ok=True)
        for (day, lane), rows in days.items():
            write_day(tmp_path / folder / day / f"{lane}-{next(_files):016x}.parquet", rows)
        return tmp_path / folder

    return file


@dataclass(frozen=True)
class Customers:
    """bands: int (N,), the true ones. probs: float64 (N, B), what the age model says of them."""

    bands: NDArray[np.int64]
    probs: Array

    @property
    def evidence(self) -> Evidence:
        p = self.probs
        return Evidence(np.einsum("si,sj,sk,sl->ijkl", p, p, p, p, optimize=True))


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
def evidence_of() -> Callable[[Any], Evidence]:
    """The sums over customers with these probabilities, (N, B)."""
    return lambda probs: Customers(np.zeros(0, np.int64), np.asarray(probs, np.float64)).evidence
