"""What the tests of privacy share: what the camera shows, and whoever finds it again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.privacy.pictures import Finder, Picture
from tests.soak.agent import pictures_of


@pytest.fixture(scope="session")
def shown(demo_clip: Path) -> list[Picture]:
    """The pictures of the clip, as the camera of a soak shows them."""
    return pictures_of(demo_clip)


@pytest.fixture(scope="session")
def finder(shown: list[Picture]) -> Finder:
    return Finder(shown)
