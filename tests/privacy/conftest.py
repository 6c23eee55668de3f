"""Fixtures of the privacy tests: the pictures that the camera shows, and a finder of these pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.privacy.pictures import Finder, Picture
from tests.soak.agent import pictures_of


@pytest.fixture(scope="session")
def shown(demo_clip: Path) -> list[Picture]:
    """The frames of the clip, as the camera of the soak test shows them."""
    return pictures_of(demo_clip)


@pytest.fixture(scope="session")
def finder(shown: list[Picture]) -> Finder:
    return Finder(shown)
