"""Fixtures: a connected till with a simulated agent, and a real agent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.till.reference.box import Box
from tests.edge.till.reference.harness import TillHarness


@pytest.fixture
def till() -> TillHarness:
    """A connected till without unanswered messages."""
    till = TillHarness()
    till.acknowledge_all()
    till.health()
    till.acknowledge_all()
    till.clear()
    return till


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """An agent that is not started yet."""
    box = Box(tmp_path)
    yield box
    box.stop()
