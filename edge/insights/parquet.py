"""One day of one lane as a Parquet file: `FOLDER/2026-11-24/lane-1-KEY.parquet`. DuckDB writes it."""

from __future__ import annotations

import os
from contextlib import closing, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

SUFFIX = ".parquet"

VERSION = 1
"""Of the columns below. A reader takes files of its own version, and says which others it found."""

VERSION_KEY = "edge_agent_purchases"
"""Where a file says which version it has, among its key-value metadata."""

_COLUMNS = {
    "time": "TIMESTAMP WITH TIME ZONE",
    "store": "VARCHAR",
    "lane": "VARCHAR",
    "band": "VARCHAR",
    "band_edges": "INTEGER[]",
    "band_probs": "DOUBLE[]",
    "lines": "STRUCT(category VARCHAR, sku VARCHAR, quantity DOUBLE, price DOUBLE)[]",
}

_OWN: dict[str, str | bool | int | float | list[str]] = {
    # Nothing is fetched, and nothing is looked up outside.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # The lane comes first: one core, and little memory.
    "threads": 1,
    "memory_limit": "256MB",
}


def write_day(file: Path, purchases: Sequence[str]) -> None:
    """Write purchases, each as JSON, to a file that is there whole or not at all, even after a power cut. A file of
    that name is replaced. Raises OSError and duckdb.Error."""
    import duckdb

    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = file.with_name(f"{file.name}.partial")
    shape = "[{" + ", ".join(f'"{name}": "{kind}"' for name, kind in _COLUMNS.items()) + "}]"
    try:
        with closing(duckdb.connect(config=_OWN)) as connection:
            _load(connection, shape, f"[{','.join(purchases)}]")
            connection.execute(
                f"COPY purchase TO {_quoted(partial)} (FORMAT parquet, COMPRESSION zstd, "
                f"KV_METADATA {{{VERSION_KEY}: '{VERSION}'}})"
            )
        partial.chmod(0o600)
        _flush(partial)
        partial.replace(file)
        _flush(file.parent)
    finally:
        with suppress(OSError):
            partial.unlink()


def _load(connection: duckdb.DuckDBPyConnection, shape: str, purchases: str) -> None:
    columns = ", ".join(f"one.{name}" for name in _COLUMNS)
    connection.execute(
        f"CREATE TABLE purchase AS SELECT {columns} FROM (SELECT unnest(from_json(?, ?)) AS one)", [purchases, shape]
    )


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _flush(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
