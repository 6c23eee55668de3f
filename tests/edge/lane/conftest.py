"""Fixtures: a lane's till desk with tills on real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.till.messages import Ack, Hello
from tests.edge.lane.shop import OPEN, SCAN, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.close()


@pytest.fixture
def scanned(shop: Shop) -> Shop:
    """A restricted item was scanned with nobody in view; the till has received UNKNOWN and not confirmed it."""
    for message in (Hello(till="till-1"), OPEN, SCAN):
        assert isinstance(shop.ask(message), Ack)
    shop.run(1.0)
    shop.until(shop.alerts)
    return shop
