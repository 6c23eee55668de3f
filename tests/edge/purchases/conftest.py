"""Purchases, and the folders they are filed in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

from edge.decision.bands import band_names
from edge.purchases.parquet import write_day
from edge.purchases.purchases import Purchase, PurchaseLine

EDGES = (18, 25, 35, 45, 60)
NOON = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
_files = count(1)


def line_of(
    category: str | None = "dairy", quantity: float = 1, price: float | None = 10.0, sku: str = "milk"
) -> PurchaseLine:
    return PurchaseLine(category=category, sku=sku, quantity=quantity, price=price)


def purchase_of(
    *lines: PurchaseLine, probs: Sequence[float] | None = (0, 0, 1, 0, 0, 0), time: datetime = NOON,
    store: str = "store-1", lane: str = "lane-1", edges: tuple[int, ...] = EDGES,
) -> Purchase:  # fmt: skip
    """By default a carton of milk, bought by a customer who is certainly 25 to 34."""
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


class FilePurchases(Protocol):
    """Writes purchases to the files of a folder as lanes do, and returns the folder."""

    def __call__(self, *purchases: Purchase, folder: str = "insights") -> Path: ...


@pytest.fixture
def filed(tmp_path: Path) -> FilePurchases:
    def file(*purchases: Purchase, folder: str = "insights") -> Path:
        days: dict[tuple[str, str], list[str]] = {}
        for purchase in purchases:
            days.setdefault((f"{purchase.time:%Y-%m-%d}", purchase.lane), []).append(purchase.model_dump_json())
        (tmp_path / folder).mkdir(exist_ok=True)
        for (day, lane), rows in days.items():
            write_day(tmp_path / folder / day / f"{lane}-{next(_files):016x}.parquet", rows)
        return tmp_path / folder

    return file
