"""Which files of purchases there are for a period, and which of them can be read."""

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
from edge.purchases.parquet import PURCHASES, SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from edge.purchases.parquet import Layout
    from edge.reports.period import Period

Read = TypeVar("Read")

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Files:
    """good: to be read. damaged: cut short, or no Parquet at all. other_version: whole, but with other columns, each
    with its version and how many rows are in it."""

    good: tuple[Path, ...] = ()
    damaged: tuple[Path, ...] = ()
    other_version: tuple[tuple[Path, str, int], ...] = ()


def find_files(folders: Iterable[Path], period: Period, layout: Layout = PURCHASES) -> Files:
    """The files of the days of a period, and of all days in the future: what is in those can only be a mistake."""
    return _sorted_out(_files_since(folders, period.since.astimezone(timezone.utc).date()), layout)


def read_files(
    folders: Iterable[Path], period: Period, read: Callable[[Files], Read], *, failure: type[Exception], mend: str,
    layout: Layout = PURCHASES,
) -> tuple[Read, Files]:  # fmt: skip
    """What `read` makes of the files of a period, and which those are. Where it raises `failure`, what is damaged in
    the middle is set apart, and it reads the rest. Raises RunError, with the mend, when a folder cannot be read."""
    try:
        files = find_files(folders, period, layout)
    except OSError as problem:
        raise RunError(f"cannot read {problem.filename}: {problem.strerror}; {mend}") from None
    try:
        return read(files), files
    except failure:
        files = set_damaged_apart(files)
        return read(files), files


def set_damaged_apart(files: Files) -> Files:
    """Read every page of every file: for when reading failed although each has a sound end."""
    with duckdb.connect() as connection:
        damaged = tuple(file for file in files.good if not _reads_whole(connection, file))
    good = tuple(file for file in files.good if file not in damaged)
    return Files(good, (*files.damaged, *damaged), files.other_version)


def _files_since(folders: Iterable[Path], oldest: date) -> Iterator[Path]:
    for folder in folders:
        for day in sorted(folder.iterdir()):
            if _DAY.fullmatch(day.name) and day.name >= oldest.isoformat():
                yield from sorted(day.glob(f"*{SUFFIX}"))


def _sorted_out(files: Iterable[Path], layout: Layout) -> Files:
    good, damaged, other_version = [], [], []
    for file in files:
        try:
            end = read_metadata(file)
        except (ArrowException, OSError):
            damaged.append(file)
            continue
        # `?` when the file does not say.
        version = (end.metadata or {}).get(layout.version_key.encode(), b"?").decode(errors="replace")
        if version == str(layout.version):
            good.append(file)
        else:
            other_version.append((file, version, end.num_rows))
    return Files(tuple(good), tuple(damaged), tuple(other_version))


def _reads_whole(connection: duckdb.DuckDBPyConnection, file: Path) -> bool:
    try:
        connection.execute("SELECT max(hash(one)) FROM read_parquet(?) AS one", [str(file)]).fetchall()
    except duckdb.Error:
        return False
    return True


def files_left_out(files: Files) -> list[str]:
    """A line for every file that is not in the figures."""
    found = [f"{visible(str(file))} left out: damaged, or written only in part" for file in files.damaged]
    for file, version, count in files.other_version:
        sales = counted(count, "sale", "sales")
        found.append(
            f"{visible(str(file))} left out, with {sales}: its columns are of version {version}, of another edge-agent"
        )
    return found


def counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
