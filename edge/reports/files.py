"""Finds the Parquet files of a period, and sets apart those that cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timezone
from typing import TYPE_CHECKING, TypeVar

import duckdb
from pyarrow import ArrowException
from pyarrow.parquet import read_metadata

from edge.commands import visible
from edge.errors import RunError
from edge.language.words import Words, counted, words
from edge.purchases.parquet import PURCHASES, SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from edge.purchases.parquet import Layout
    from edge.reports.period import Period

Result = TypeVar("Result")

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Files:
    """good: readable. damaged: incomplete, or not Parquet. other_version: readable, but with other columns; each with
    its version (`?` if the file has none) and its number of rows."""

    good: tuple[Path, ...] = ()
    damaged: tuple[Path, ...] = ()
    other_version: tuple[tuple[Path, str, int], ...] = ()


def find_files(folders: Iterable[Path], period: Period, layout: Layout = PURCHASES) -> Files:
    """The files of the days from the start of a period on. Later days are included, to report sales in the future.

    Raises OSError if a folder cannot be read.
    """
    return _classified(_files_since(folders, period.since.astimezone(timezone.utc).date()), layout)


def read_files(
    folders: Iterable[Path], period: Period, read: Callable[[Files], Result], *, failure: type[Exception], hint: str,
    layout: Layout = PURCHASES,
) -> tuple[Result, Files]:  # fmt: skip
    """Call `read` with the files of a period. Returns its result, and the files.

    If `read` raises `failure`, every file is checked in full, and `read` is called again with the good ones. hint: ends
    the message of the RunError for a folder that cannot be read.
    """
    try:
        files = find_files(folders, period, layout)
    except OSError as problem:
        raise RunError(
            words("cannot read {name}: {reason}; {hint}", name=problem.filename, reason=problem.strerror, hint=hint)
        ) from None
    try:
        return read(files), files
    except failure:
        files = _checked_in_full(files)
        return read(files), files


def _checked_in_full(files: Files) -> Files:
    """Read all pages of all files. A file may have an intact footer, which is all that `find_files` reads."""
    with duckdb.connect() as connection:
        damaged = tuple(file for file in files.good if not _is_readable(connection, file))
    good = tuple(file for file in files.good if file not in damaged)
    return Files(good, (*files.damaged, *damaged), files.other_version)


def _files_since(folders: Iterable[Path], oldest: date) -> Iterator[Path]:
    for folder in folders:
        for day in sorted(folder.iterdir()):
            if _DAY.fullmatch(day.name) and day.name >= oldest.isoformat():
                yield from sorted(day.glob(f"*{SUFFIX}"))


def _classified(files: Iterable[Path], layout: Layout) -> Files:
    good, damaged, other_version = [], [], []
    readable = {str(version) for version in (layout.version, *layout.older)}
    for file in files:
        try:
            footer = read_metadata(file)
        except (ArrowException, OSError):
            damaged.append(file)
            continue
        version = (footer.metadata or {}).get(layout.version_key.encode(), b"?").decode(errors="replace")
        if version in readable:
            good.append(file)
        else:
            other_version.append((file, version, footer.num_rows))
    return Files(tuple(good), tuple(damaged), tuple(other_version))


def _is_readable(connection: duckdb.DuckDBPyConnection, file: Path) -> bool:
    try:
        connection.execute("SELECT max(hash(one)) FROM read_parquet(?) AS one", [str(file)]).fetchall()
    except duckdb.Error:
        return False
    return True


def dropped_files(files: Files) -> list[Words]:
    """One line for each file that is not in the figures."""
    lines = [words("{file} not read: damaged or incomplete", file=visible(str(file))) for file in files.damaged]
    return lines + [
        counted(
            "{file} with {n} sale not read: written by another version of edge-agent (columns of version {version})",
            "{file} with {n} sales not read: written by another version of edge-agent (columns of version {version})",
            count,
            file=visible(str(file)),
            version=version,
        )
        for file, version, count in files.other_version
    ]
