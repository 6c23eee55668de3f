"""Reads filed purchases into a table of sales and goods, for learning rules. DuckDB reads the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import ibis
import numpy as np

from edge.purchases.goods import Goods
from edge.reports.engine import utc
from edge.reports.files import read_files
from edge.reports.limits import PROBABILITY_SUMS
from edge.reports.netting import netted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from pathlib import Path

    from numpy.typing import NDArray

    from edge.purchases.restricted_words import RestrictedWords
    from edge.reports.files import Files
    from edge.reports.period import Period

By = Literal["category", "sku"]

MAX_SALES, MAX_GOODS = 100_000, 100
"""Of more sales, a random sample is used; of more goods, the most frequent. Learning takes long, and more of either
would hardly give other rules."""

_SAMPLE = """
CREATE TABLE sale AS SELECT row_number() OVER () - 1 AS number, *
FROM (SELECT * FROM known USING SAMPLE reservoir({size} ROWS) REPEATABLE (1))
"""

_GOODS = """
CREATE TABLE goods AS
SELECT DISTINCT number, {name} AS name, {category} AS category FROM (SELECT number, unnest(lines) AS one FROM sale)
WHERE {name} IS NOT NULL AND {name} <> '' AND NOT list_contains(?::VARCHAR[], one.sku)
"""


@dataclass(frozen=True)
class Sales:
    """probs: float64 (S, B), the band probabilities of each sale's customer. goods: G of them, the most frequent first.
    holds: bool (S, G), whether the sale's basket contains the goods. total: the number of sales before sampling."""

    probs: NDArray[np.float64]
    goods: tuple[Goods, ...]
    holds: NDArray[np.bool_]
    total: int = 0


def read_sales(
    folders: Sequence[Path], period: Period, now: datetime, edges: Sequence[int], *, by: By, min_sales: int,
    excluded: Collection[str], words: RestrictedWords, max_price: float,
) -> tuple[Sales, Files]:  # fmt: skip
    """The sales of a period, and the files they come from.

    edges: ages at which a new band begins; purchases with other bands are skipped. by: what identifies goods.
    min_sales: goods in fewer sales are dropped. excluded: names of goods to drop. words: goods with one of them in
    their name or category are dropped, too. max_price: of one item. Raises RunError if a folder cannot be read.
    """
    return read_files(
        folders, period, lambda files: _read(files, period, now, edges, by, min_sales, excluded, words, max_price),
        failure=duckdb.Error, hint="give the folder with --folder",
    )  # fmt: skip


def _read(
    files: Files, period: Period, now: datetime, edges: Sequence[int], by: By, min_sales: int,
    excluded: Collection[str], words: RestrictedWords, max_price: float,
) -> Sales:  # fmt: skip
    bands = len(edges) + 1
    if not files.good:
        return Sales(np.zeros((0, bands)), (), np.zeros((0, 0), bool))
    with duckdb.connect() as connection:
        paths = [str(file) for file in files.good]
        known = _known(ibis.duckdb.from_connection(connection).read_parquet(paths), period, now, edges, max_price)
        connection.execute(f"CREATE TABLE known AS {ibis.to_sql(known, dialect='duckdb')}")
        ((total,),) = connection.execute("SELECT count(*) FROM known").fetchall()
        connection.execute(_SAMPLE.format(size=MAX_SALES))
        columns = {"name": f"one.{by}", "category": "one.category" if by == "sku" else "NULL"}
        connection.execute(_GOODS.format(**columns), [sorted(excluded)])
        found = connection.execute(
            "SELECT name, min(category), count(DISTINCT number), list(DISTINCT category) FROM goods GROUP BY name "
            "HAVING count(DISTINCT number) >= ? ORDER BY 3 DESC, 1 LIMIT ?", [min_sales, MAX_GOODS]
        ).fetchall()  # fmt: skip
        allowed = [row for row in found if not _is_excluded([row[0], *(row[3] or ())], excluded, words)]
        goods = tuple(
            Goods(category=row[0]) if by == "category" else Goods(sku=row[0], category=row[1]) for row in allowed
        )
        probs = _normalized(connection.execute("SELECT band_probs FROM sale ORDER BY number").fetchnumpy(), bands)
        columns_by_name = {row[0]: column for column, row in enumerate(allowed)}
        holds = np.zeros((len(probs), len(goods)), bool)
        query = "SELECT number, name FROM goods WHERE name IN (SELECT unnest(?))"
        for number, name in connection.execute(query, [list(columns_by_name)]).fetchall():
            holds[number, columns_by_name[name]] = True
    return Sales(probs, goods, holds, total)


def _known(purchases: ibis.Table, period: Period, now: datetime, edges: Sequence[int], max_price: float) -> ibis.Table:
    """Sales to customers of known age, with the same limits as the basket report, and what was bought in them."""
    probs = purchases.band_probs
    return purchases.filter(
        purchases.time >= utc(period.since),
        purchases.time < utc(period.until),
        purchases.time <= utc(now),
        purchases.band_edges == ibis.array(list(edges)).cast("array<int32>"),
        probs.length() == len(edges) + 1,
        probs.filter(lambda share: share.between(0, 1)).length() == len(edges) + 1,
        probs.sums().between(*PROBABILITY_SUMS),
    ).select("band_probs", lines=netted(purchases.lines, max_price).filter(lambda article: article.quantity > 0))


def _is_excluded(names: Sequence[str | None], excluded: Collection[str], words: RestrictedWords) -> bool:
    return any(name in excluded or words.found_in(name) for name in names if name)


def _normalized(columns: dict[str, Any], bands: int) -> NDArray[np.float64]:
    """float64 (S, B): each row sums to 1."""
    probs = np.array([list(row) for row in columns["band_probs"]], np.float64).reshape(-1, bands)
    return np.asarray(probs / probs.sum(axis=1, keepdims=True))
