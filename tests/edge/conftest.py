"""Builders that the tests of `edge` share: people, their faces, frames, settings and lanes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.frames import Frame
from edge.lane.lane import Lane
from edge.lane.rules import LaneRules
from edge.offers.book import OfferBook
from edge.settings.config import Settings
from edge.till.identity import ReplayIdentity
from edge.till.messages import SaleOpened
from edge.vision.faces import AGES, NO_TRACK, Faces
from tests.edge.driver import LaneDriver
from tests.edge.people import HEIGHT, WIDTH, DetectedPerson, Person, settings_with

FACE_SHAPE = np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, 0.55], [0.0, 1.1]], np.float32)
"""Right eye, left eye, nose and mouth of a frontal face, in eye distances from between the eyes."""


@pytest.fixture(scope="module", autouse=True)
def no_edge_variables() -> Iterator[None]:
    """Remove EDGE_* variables, so that tests see the default settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("EDGE_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def age_probs_at() -> Callable[..., NDArray[np.float32]]:
    """A bell-shaped distribution over the ages 0..100."""

    def bell(mean: float, spread: float = 4.0) -> NDArray[np.float32]:
        probs = np.exp(-(((np.arange(AGES) - mean) / spread) ** 2) / 2)
        return np.asarray(probs / probs.sum(), np.float32)

    return bell


@pytest.fixture(scope="session")
def faces_of(age_probs_at: Callable[..., NDArray[np.float32]]) -> Callable[..., Faces]:
    """The faces of some people in a frame of 640x480."""

    def faces(*people: Person) -> Faces:
        if not people:
            return Faces()
        centres = np.array([[person.x * WIDTH, person.y * HEIGHT] for person in people], np.float32)
        eyes_px = np.array([[person.eyes_px] for person in people], np.float32)
        nothing = np.full(AGES, np.nan, np.float32)
        return Faces(
            boxes=np.hstack([centres - eyes_px, centres + eyes_px]),
            keypoints=centres[:, None] + FACE_SHAPE * eyes_px[:, None],
            scores=np.array([person.score for person in people], np.float32),
            track_ids=np.array([person.track for person in people], np.int64),
            quality=np.array([0.0 if person.reasons else person.quality for person in people], np.float32),
            reasons=tuple(person.reasons for person in people),
            age_probs=np.array([nothing if person.age is None else age_probs_at(person.age) for person in people]),
        )

    return faces


@pytest.fixture(scope="session")
def detected(faces_of: Callable[..., Faces]) -> Callable[..., Faces]:
    """Faces as a detector gives them, with nothing filled in yet: `detected({"x": 0.3}, {"x": 0.7, "score": 0.4})`."""

    def faces(*people: DetectedPerson) -> Faces:
        found = faces_of(*(Person(track=NO_TRACK, **person) for person in people))
        return Faces(found.boxes, found.keypoints, found.scores)

    return faces


@pytest.fixture(scope="session")
def frame_at() -> Callable[..., Frame]:
    """A black frame of 640x480, grabbed at a time."""

    def frame(grab_s: float, sequence: int = 0) -> Frame:
        return Frame(np.zeros((HEIGHT, WIDTH, 3), np.uint8), grab_s, sequence, "lane-1")

    return frame


@pytest.fixture(scope="session")
def make_settings() -> Callable[..., Settings]:
    return Settings


@pytest.fixture(scope="session")
def make_lane() -> Callable[..., Lane]:
    """A lane with challenge age 25, numbered ids and times from 2000-01-01. book: its offers."""

    def lane(book: OfferBook | None = None, **settings: object) -> Lane:
        return Lane(LaneRules(settings_with(**settings), 25, "0123456789ab", book), ReplayIdentity())

    return lane


@pytest.fixture(scope="session")
def drive(make_lane: Callable[..., Lane], faces_of: Callable[..., Faces]) -> Callable[..., LaneDriver]:
    """A driver of a lane with the given settings. book: the lane's offers."""
    return lambda **settings: LaneDriver(make_lane(**settings), faces_of)


@pytest.fixture
def sale(drive: Callable[..., LaneDriver]) -> LaneDriver:
    """A lane in on-sale mode, with sale-1 of till-1 open and nobody there."""
    lane = drive(mode="on-sale")
    lane.show()
    lane.receive(SaleOpened(sale_id="sale-1"))
    return lane
