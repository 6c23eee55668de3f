"""Simulates a chain of shops with known lifts, and files its purchases as lanes do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from edge.decision.bands import UNKNOWN, band_names
from edge.purchases.parquet import PURCHASES, SUFFIX
from edge.vision.faces import AGES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

MODEL_WIDTH_YEARS = 6.5
"""Standard deviation of the age model's error for a single face; the mean error is 5.2 years."""

LINES_PER_BASKET = 5
BASKETS_PER_FILE = 2_000
"""Of a busy lane on one day."""

UNKNOWN_SHARE = 0.1
"""Of the baskets, those without an age estimate."""

_KINDS = np.array(["-a", "-b", "-c"])
"""Suffixes of the skus of a category."""

_IN_EVERY_BASKET = "bag"
"""A category in every basket, so that no basket is empty."""

_LINE = pa.struct(
    [("category", pa.string()), ("sku", pa.string()), ("quantity", pa.float64()), ("price", pa.float64())]
)
_CHAIN_SCHEMA = pa.schema(
    [
        ("time", pa.timestamp("us", "UTC")), ("store", pa.string()), ("lane", pa.string()), ("band", pa.string()),
        ("band_edges", pa.list_(pa.int32())), ("band_probs", pa.list_(pa.float64())), ("lines", pa.list_(_LINE)),
    ],
    {PURCHASES.version_key: str(PURCHASES.version)},
)  # fmt: skip
"""As `edge.purchases.parquet.write_day` writes it."""


@dataclass(frozen=True)
class Chain:
    """edges: ages at which a new band begins. categories: number of categories; every other one is bought by all bands
    alike. The same seed gives the same files."""

    edges: tuple[int, ...] = (18, 25, 35, 45, 60)
    categories: int = 40
    seed: int = 0
    shares: NDArray[np.float64] = field(init=False, repr=False)
    """float64 (bands, categories): the share of a band's baskets that contain a category."""

    def __post_init__(self) -> None:
        chance = np.random.default_rng([self.seed, 0])
        common = (LINES_PER_BASKET - 1) * chance.dirichlet(np.full(self.categories, 2.0))
        # Every other category is bought by all bands alike: the report must not find it.
        factors = np.exp(0.5 * chance.standard_normal((len(self.edges) + 1, self.categories)))
        factors[:, ::2] = 1
        object.__setattr__(self, "shares", (common * factors).clip(0, 0.9))

    @property
    def lifts(self) -> dict[tuple[str, str], float]:
        """The true lift by band and category."""
        bands = np.bincount(self._bands_of(np.arange(AGES)), customers_by_age())
        lifts = self.shares / (bands @ self.shares)
        names = [_name(number) for number in range(self.categories)]
        return {
            (band, name): float(lifts[row, column])
            for row, band in enumerate(band_names(self.edges))
            for column, name in enumerate(names)
        }

    def write(self, folder: Path, lines: int, last_day: datetime) -> Iterator[int]:
        """File about `lines` basket lines: a hundred lanes a day, backwards from `last_day`.

        Yields the number of lines of each file. A file's content depends on its day and lane only.
        """
        files = max(1, round(lines / LINES_PER_BASKET / BASKETS_PER_FILE))
        for number in range(files):
            day = (last_day - timedelta(days=number // 100)).astimezone(timezone.utc)
            chance = np.random.default_rng([self.seed, 1, number])
            baskets = min(BASKETS_PER_FILE, max(1, lines // LINES_PER_BASKET))
            table = self._day(chance, baskets, day, number % 100)
            file = folder / f"{day:%Y-%m-%d}" / f"lane-{number % 100}-{number:016x}{SUFFIX}"
            file.parent.mkdir(parents=True, exist_ok=True)
            parquet.write_table(table, file, compression="zstd")
            yield sum(len(chunk.values) for chunk in table["lines"].chunks)

    def _day(self, chance: np.random.Generator, baskets: int, day: datetime, lane: int) -> pa.Table:
        bands, probs = self._customers(chance, baskets)
        bought = chance.random((baskets, self.categories + 1)) < np.c_[np.ones(baskets), self.shares[bands]]
        basket, category = np.nonzero(bought)
        names = np.array([_IN_EVERY_BASKET, *(_name(number) for number in range(self.categories))])
        lines = pa.StructArray.from_arrays(
            [
                pa.array(names[category]),
                pa.array(np.char.add(names[category], _KINDS[chance.integers(len(_KINDS), size=len(basket))])),
                pa.array(chance.integers(1, 4, len(basket)).astype(np.float64)),
                pa.array(chance.lognormal(1, 0.7, len(basket)).round(2)),
            ],
            fields=list(_LINE),
        )
        known = chance.random(baskets) >= UNKNOWN_SHARE
        likeliest = np.array(band_names(self.edges))[probs.argmax(axis=1)]
        hours = np.datetime64(f"{day:%Y-%m-%d}") + chance.integers(8, 22, baskets).astype("timedelta64[h]")
        offsets = np.arange(baskets + 1, dtype=np.int32)
        bands_count = len(self.edges) + 1
        columns: list[Any] = [
            pa.array(hours.astype("datetime64[us]")).cast(_CHAIN_SCHEMA.field("time").type),
            pa.array([f"store-{lane // 10}"] * baskets),
            pa.array([f"lane-{lane}"] * baskets),
            pa.array(np.where(known, likeliest, UNKNOWN)),
            pa.ListArray.from_arrays(
                offsets * len(self.edges), pa.array(np.tile(np.array(self.edges, np.int32), baskets))
            ),
            pa.ListArray.from_arrays(offsets * bands_count, pa.array(probs.ravel()), mask=pa.array(~known)),
            pa.ListArray.from_arrays(np.searchsorted(basket, np.arange(baskets + 1)).astype(np.int32), lines),
        ]
        return pa.table(columns, schema=_CHAIN_SCHEMA)

    def _customers(self, chance: np.random.Generator, number: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The true bands, int (N,), and the age model's band probabilities, float64 (N, bands)."""
        by_age, years = customers_by_age(), np.arange(AGES)
        ages = chance.choice(AGES, number, p=by_age)
        estimated = ages + chance.normal(0, MODEL_WIDTH_YEARS, number)
        probs = np.exp(-(((estimated[:, None] - years) / MODEL_WIDTH_YEARS) ** 2) / 2) * by_age
        by_band = np.add.reduceat(probs / probs.sum(axis=1, keepdims=True), [0, *self.edges], axis=1)
        return self._bands_of(ages), by_band.round(4)

    def _bands_of(self, ages: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self.edges, ages, side="right")


def customers_by_age() -> NDArray[np.float64]:
    """float64 (101,): the share of each age among a shop's customers."""
    weights = np.interp(np.arange(AGES), [0, 10, 15, 20, 30, 45, 60, 75, 90, 100], [0, 0, 2, 8, 12, 11, 10, 7, 1, 0])
    return np.asarray(weights / weights.sum())


def _name(category: int) -> str:
    return f"goods-{category:02d}"
