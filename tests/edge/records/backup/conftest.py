"""A lane's state folder with sales, and the commands that back it up and restore it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest

from edge.records.audit import Audit
from edge.records.command import backup_command, restore_command
from edge.records.database import Database
from tests.edge.records.audit.conftest import sale_of

AddSales = Callable[..., Path]


class RunCommand(Protocol):
    """Runs the command with these arguments and returns what it prints."""

    def __call__(self, *words: object) -> str: ...


@pytest.fixture
def sell(tmp_path: Path) -> AddSales:
    """Adds the sales of some days to the log of a lane's state folder, and returns the folder."""

    def run(*days: int, folder: str = "lane", lane: str = "lane-1") -> Path:
        with closing(Database(tmp_path / folder)) as database:
            for day in days:
                Audit(database).append(sale_of(day).model_copy(update={"lane": lane}), 0.0)
        return tmp_path / folder

    return run


def sales_in(folder: Path) -> list[str]:
    """The sales in a lane's log, which must be intact."""
    with closing(Database(folder, read_only=True)) as database:
        assert Audit(database).verify() == []
        return [sale.sale_id for _, sale in Audit(database).records()]


@pytest.fixture
def backup(capsys: pytest.CaptureFixture[str]) -> RunCommand:
    def run(*words: object) -> str:
        backup_command(list(map(str, words)))
        return capsys.readouterr().out

    return run


@pytest.fixture
def restore(capsys: pytest.CaptureFixture[str]) -> RunCommand:
    def run(*words: object) -> str:
        restore_command(list(map(str, words)))
        return capsys.readouterr().out

    return run
