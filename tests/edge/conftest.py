"""Fixtures that the tests of `edge` share: default settings, an open sale, and a certificate. The builders are plain
functions in `people` and `driver`; their fixtures are for tests that take them as arguments."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.frames import Frame
from edge.lane.lane import Lane
from edge.settings.config import Settings
from edge.till.messages import SaleOpened
from edge.vision.faces import NO_TRACK, Faces
from tests.edge import driver, people
from tests.edge.driver import LaneDriver
from tests.edge.people import DetectedPerson, Person


@pytest.fixture(scope="module", autouse=True)
def no_edge_variables() -> Iterator[None]:
    """Remove EDGE_* variables, so that tests see the default settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("EDGE_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def faces_of() -> Callable[..., Faces]:
    return people.faces_of


@pytest.fixture(scope="session")
def detected() -> Callable[..., Faces]:
    """Faces as a detector gives them, with nothing filled in yet: `detected({"x": 0.3}, {"x": 0.7, "score": 0.4})`."""

    def faces(*found: DetectedPerson) -> Faces:
        faces = people.faces_of(*(Person(track=NO_TRACK, **person) for person in found))
        return Faces(faces.boxes, faces.keypoints, faces.scores)

    return faces


@pytest.fixture(scope="session")
def frame_at() -> Callable[..., Frame]:
    return people.frame_at


@pytest.fixture(scope="session")
def make_settings() -> Callable[..., Settings]:
    return Settings


@pytest.fixture(scope="session")
def make_lane() -> Callable[..., Lane]:
    return driver.make_lane


@pytest.fixture
def sale() -> LaneDriver:
    """A lane in on-sale mode, with sale-1 of till-1 open and nobody there."""
    lane = driver.drive(mode="on-sale")
    lane.show()
    lane.receive(SaleOpened(sale_id="sale-1"))
    return lane


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for localhost, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    chain, key = folder / "chain.pem", folder / "key.pem"
    words = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout {key} -out {chain}"
    subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
    key.chmod(0o600)
    return chain, key
