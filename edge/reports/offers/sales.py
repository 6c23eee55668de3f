"""Filed purchases as a table of sales and goods, for finding rules. DuckDB reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import numpy as np

from edge.purchases.goods import Goods, sounds_restricted
from edge.reports.baskets.sums import MOST_QUANTITY
from edge.reports.files import read_files

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from edge.reports.files import Files
    from edge.reports.period import Period

By = Literal["category", "sku"]

MOST_SALES, MOST_GOODS = 100_000, 100
"""Of more sales so many are drawn by chance, and of more goods the commonest taken: finding what is bought together
takes long, and more of either would hardly bring other rules."""

_SALES = """
CREATE TABLE known AS
SELECT band_probs, list_filter(lines, one -> one.quantity > 0 AND one.quantity <= ?) AS lines FROM read_parquet(?)
WHERE time >= ? AND time < ? AND time <= ? AND band_edges = ?::INTEGER[] AND len(band_probs) = ?
  AND len(list_filter(band_probs, p -> p >= 0 AND p <= 1)) = len(band_probs)
  AND list_sum(band_probs) BETWEEN 0.99 AND 1.01
"""
"""Of customers of known age. The columns and what is sound are those of the basket report."""

_DRAWN = """
CREATE TABLE sale AS SELECT row_number() OVER () - 1 AS number, *
FROM (SELECT * FROM known USING SAMPLE reservoir({most} ROWS) REPEATABLE (1))
"""

_GOODS = """
CREATE TABLE goods AS
SELECT DISTINCT number, {name} AS name, {category} AS category FROM (SELECT number, unnest(lines) AS one FROM sale)
WHERE {name} IS NOT NULL AND NOT list_contains(?::VARCHAR[], one.sku)
"""


@dataclass(frozen=True)
class Sales:
    """probs: float64 (S, B), of the customers' bands. goods: G of them, the commonest first. holds: bool (S, G), what
    is in which basket. total: of how many sales these were drawn, where there were too many."""

    probs: NDArray[np.float64]
    goods: tuple[Goods, ...]
    holds: NDArray[np.bool_]
    total: int = 0


def read_sales(
    folders: Sequence[Path], period: Period, now: datetime, edges: Sequence[int], *, by: By, least: int,
    never: Collection[str],
) -> tuple[Sales, Files]:  # fmt: skip
    """The sales of a period, and the files they come from.

    by: what goods are told apart by. least: goods that fewer sales hold are left out. never: names of goods that are
    left out as well, and all that sounds like alcohol or tobacco. Raises RunError when a folder cannot be read.
    """
    return read_files(
        folders, period, lambda files: _read(files, period, now, edges, by, least, never), failure=duckdb.Error,
        mend="give the folder with --folder",
    )  # fmt: skip


def _read(
    files: Files, period: Period, now: datetime, edges: Sequence[int], by: By, least: int, never: Collection[str]
) -> Sales:
    bands = len(edges) + 1
    if not files.good:
        return Sales(np.zeros((0, bands)), (), np.zeros((0, 0), bool))
    with duckdb.connect() as connection:
        paths = [str(file) for file in files.good]
        connection.execute(_SALES, [MOST_QUANTITY, paths, period.since, period.until, now, list(edges), bands])
        ((total,),) = connection.execute("SELECT count(*) FROM known").fetchall()
        connection.execute(_DRAWN.format(most=MOST_SALES))
        columns = {"name": f"one.{by}", "category": "one.category" if by == "sku" else "NULL"}
        connection.execute(_GOODS.format(**columns), [sorted(never)])
        found = connection.execute(
            "SELECT name, min(category), count(DISTINCT number), list(DISTINCT category) FROM goods GROUP BY name "
            "HAVING count(DISTINCT number) >= ? ORDER BY 3 DESC, 1 LIMIT ?", [least, MOST_GOODS]
        ).fetchall()  # fmt: skip
        kept = [row for row in found if not _is_forbidden([row[0], *(row[3] or ())], never)]
        goods = tuple(
            Goods(category=row[0]) if by == "category" else Goods(sku=row[0], category=row[1]) for row in kept
        )
        probs = _matrix(connection.execute("SELECT band_probs FROM sale ORDER BY number").fetchnumpy(), bands)
        places = {row[0]: place for place, row in enumerate(kept)}
        holds = np.zeros((len(probs), len(goods)), bool)
        rows = connection.execute("SELECT number, name FROM goods WHERE name IN (SELECT unnest(?))", [list(places)])
        for number, name in rows.fetchall():
            holds[number, places[name]] = True
    return Sales(probs, goods, holds, total)


def _is_forbidden(names: Sequence[str | None], never: Collection[str]) -> bool:
    return any(name in never or sounds_restricted(name) for name in names if name)


def _matrix(columns: dict[str, Any], bands: int) -> NDArray[np.float64]:
    probs = np.array([list(row) for row in columns["band_probs"]], np.float64).reshape(-1, bands)
    return np.asarray(probs / probs.sum(axis=1, keepdims=True))
