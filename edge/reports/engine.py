"""Runs Ibis queries with DuckDB in this process, or with Spark."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import ibis

from edge.errors import RunError
from edge.language.words import verbatim, words
from edge.progress import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

EngineName = Literal["duckdb", "spark"]

_THIS_MACHINE = "local[*]"
"""Spark's name for all cores of this machine."""

_FILES_PER_BATCH = 256

_DUCKDB: dict[str, bool | str] = {
    # DuckDB must not download anything.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "preserve_insertion_order": False,
    # Every file is read once, so a cache would only fill the memory.
    "enable_external_file_cache": False,
    "memory_limit": "1GB",
}


class EngineError(RunError):
    """The engine failed while it ran a query."""


@contextmanager
def engine(name: EngineName, master: str | None = None) -> Iterator[Any]:
    """An Ibis backend.

    master: where Spark runs, in Spark's notation: `spark://host:7077`, `yarn`; None for this machine. Raises UsageError
    if Spark is not available.
    """
    if name == "spark":
        from edge.reports.spark import spark

        with spark(master or _THIS_MACHINE) as backend:
            yield backend
        return
    backend = ibis.duckdb.connect(**_DUCKDB)
    try:
        yield backend
    finally:
        backend.disconnect()


@contextmanager
def engine_errors(backend: Any) -> Iterator[None]:
    """Turns the engine's exceptions into EngineError with a message of one line."""
    failures: tuple[type[Exception], ...] = (duckdb.Error,)
    if _is_spark(backend):
        from edge.reports.spark import FAILURES

        failures = FAILURES
    try:
        yield
    except failures as problem:
        line = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise EngineError(verbatim(f"{backend.name}: {line}")) from problem


def read_parquet(backend: Any, files: Sequence[Path], added: Mapping[str, str] | None = None) -> ibis.Table:
    """All rows of files, as one table. added: columns that some or all files lack, with their Ibis types; they are null
    there. Without it, all files have the same columns."""
    if _is_spark(backend):
        from edge.reports.spark import read_parquet as read

        table = read(backend, files, merge=bool(added))
    else:
        table = backend.read_parquet([str(file) for file in files], union_by_name=bool(added))
    lacking = {name: ibis.null(kind) for name, kind in (added or {}).items() if name not in table.columns}
    return table.mutate(**lacking) if lacking else table


@contextmanager
def materialized(table: ibis.Table) -> Iterator[ibis.Table]:
    """The same table, computed once for all queries in the block. Blocks must not be nested."""
    backend = table.get_backend()
    if _is_spark(backend):
        with table.cache() as cached:
            yield cached
        return
    # Not table.cache(): the statement with which Ibis drops its cache fails on DuckDB.
    backend.con.execute(f"CREATE OR REPLACE TEMP TABLE materialized AS {ibis.to_sql(table, dialect='duckdb')}")
    yield backend.table("materialized")


def file_batches(backend: Any, files: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """Splits files into batches for DuckDB, whose memory grows with the number of files it reads at once."""
    step = max(len(files), 1) if _is_spark(backend) else _FILES_PER_BATCH
    for first in range(0, len(files), step):
        now(words("reading files"), first, len(files))
        yield files[first : first + step]
    now(words("computing"))


def rows(table: ibis.Table) -> list[dict[str, Any]]:
    """Runs the query; each row is a dictionary by column."""
    return list(table.to_pyarrow().to_pylist())


def utc(moment: datetime) -> Any:
    """A moment as an Ibis value."""
    return ibis.literal(moment, type="timestamp('UTC')")


def _is_spark(backend: Any) -> bool:
    return bool(backend.name == "pyspark")
