"""Writes one day of one lane as a Parquet file, with DuckDB: `FOLDER/2026-11-24/lane-1-KEY.parquet`."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.settings.files import make_private_folder, replacing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

SUFFIX = ".parquet"


@dataclass(frozen=True)
class Layout:
    """The columns of a file. version_key: the key of the version in the file's key-value metadata. version: of the
    columns. columns: DuckDB types by name. older: the versions that a reader reads too, because their files only lack
    columns; it reports files of all others."""

    version_key: str
    version: int
    columns: dict[str, str]
    older: tuple[int, ...] = ()


PURCHASES = Layout(
    "edge_agent_purchases",
    1,
    {
        "time": "TIMESTAMP WITH TIME ZONE",
        "store": "VARCHAR",
        "lane": "VARCHAR",
        "band": "VARCHAR",
        "band_edges": "INTEGER[]",
        "band_probs": "DOUBLE[]",
        "lines": "STRUCT(category VARCHAR, sku VARCHAR, quantity DOUBLE, price DOUBLE)[]",
    },
)

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # No downloads and no lookups.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # Leave the machine to the lane: one core and little memory.
    "threads": 1,
    "memory_limit": "256MB",
}


def write_day(file: Path, rows: Sequence[str], layout: Layout = PURCHASES) -> None:
    """Write rows, each as JSON, to a file. A file of that name is replaced completely or not at all, even in a power
    cut. Raises OSError and duckdb.Error."""
    import duckdb

    make_private_folder(file.parent)
    shape = "[{" + ", ".join(f'"{name}": "{kind}"' for name, kind in layout.columns.items()) + "}]"
    with (
        replacing(file, mode=0o600, durable=True) as draft,
        closing(duckdb.connect(config=_CONFIG)) as connection,
    ):
        _load(connection, layout, shape, f"[{','.join(rows)}]")
        connection.execute(
            f"COPY day TO {_quoted(draft)} (FORMAT parquet, COMPRESSION zstd, "
            f"KV_METADATA {{{layout.version_key}: '{layout.version}'}})"
        )


def _load(connection: duckdb.DuckDBPyConnection, layout: Layout, shape: str, rows: str) -> None:
    columns = ", ".join(f"item.{name}" for name in layout.columns)
    connection.execute(
        f"CREATE TABLE day AS SELECT {columns} FROM (SELECT unnest(from_json(?, ?)) AS item)", [rows, shape]
    )


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
