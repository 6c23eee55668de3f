"""A lane's database, and a read-only disk."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.records.database import Database
from tests.commands import Mount


def put(database: Database, sale_id: str, record: str = "{}") -> None:
    """Write a sale."""
    with database.transaction() as connection:
        connection.execute("INSERT INTO unfinished_sale VALUES ('till-1', ?, '', ?)", (sale_id, record))


def sale_ids(database: Database) -> list[object]:
    """The ids of the stored sales."""
    return [sale_id for (sale_id,) in database.rows("SELECT sale_id FROM unfinished_sale ORDER BY sale_id")]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "lane")) as database:
        yield database


@pytest.fixture
def folder(database: Database) -> Path:
    return database.file.parent


@pytest.fixture
def read_only_copy(mount: Mount) -> Callable[[Path], Path]:
    """Mounts a folder again, read-only."""

    def of(folder: Path) -> Path:
        target = mount("--bind", str(folder))
        subprocess.run(["mount", "-o", "remount,bind,ro", str(target)], check=True)
        return target

    return of
