"""Where tables are worked on: DuckDB in this process, or Spark. What is asked of them is written once, with Ibis."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import ibis

from edge.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

EngineName = Literal["duckdb", "spark"]

LOCAL = "local[*]"
"""Spark's name for all cores of this machine."""

_FILES_AT_ONCE = 256

_DUCKDB: dict[str, bool | str] = {
    # Nothing is fetched, and nothing is looked up outside.
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "preserve_insertion_order": False,
    # Every file is read once: to keep them would only fill the memory.
    "enable_external_file_cache": False,
    "memory_limit": "1GB",
}


class ReadingError(RunError):
    """An engine could not read a table to its end."""


@contextmanager
def engine(name: EngineName, master: str = LOCAL) -> Iterator[Any]:
    """An Ibis backend. master: where Spark runs, as Spark writes it, such as `spark://host:7077` or `yarn`.

    Raises UsageError where Spark cannot be had.
    """
    if name == "spark":
        from edge.reports.spark import spark

        with spark(master) as backend:
            yield backend
        return
    backend = ibis.duckdb.connect(**_DUCKDB)
    try:
        yield backend
    finally:
        backend.disconnect()


@contextmanager
def reading(backend: Any) -> Iterator[None]:
    """Raises ReadingError, in a line, for whatever the engine raises inside."""
    failures: tuple[type[Exception], ...] = (duckdb.Error,)
    if _is_spark(backend):
        from edge.reports.spark import FAILURES

        failures = FAILURES
    try:
        yield
    except failures as problem:
        line = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise ReadingError(f"{backend.name}: {line}") from problem


def read_parquet(backend: Any, files: Sequence[Path]) -> ibis.Table:
    """A table of all rows of files that have the same columns."""
    if _is_spark(backend):
        from edge.reports.spark import read_parquet as read

        return read(backend, files)
    return backend.read_parquet([str(file) for file in files])


@contextmanager
def held(table: ibis.Table) -> Iterator[ibis.Table]:
    """The same table, worked out once for all that is asked of it inside; one at a time."""
    backend = table.get_backend()
    if _is_spark(backend):
        with table.cache() as kept:
            yield kept
        return
    # Ibis's own cache drops its tables with words that DuckDB does not understand.
    backend.con.execute(f"CREATE OR REPLACE TEMP TABLE held AS {ibis.to_sql(table, dialect='duckdb')}")
    yield backend.table("held")


def portions(backend: Any, files: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """As many files as an engine should be given at once: what DuckDB keeps of each stays within bounds."""
    step = max(len(files), 1) if _is_spark(backend) else _FILES_AT_ONCE
    for first in range(0, len(files), step):
        yield files[first : first + step]


def _is_spark(backend: Any) -> bool:
    return bool(backend.name == "pyspark")
