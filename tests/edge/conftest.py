"""Builders that the tests of `edge` share: people, their faces, frames, settings and lanes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.frames import Frame
from edge.lane.lane import Lane
from edge.lane.outcomes import Closed, Outcome, OutgoingMessage
from edge.lane.rules import LaneRules
from edge.offers.book import OfferBook
from edge.records.records import SaleRecord
from edge.settings.config import Settings
from edge.till.identity import ReplayIdentity
from edge.till.messages import Ack, Alert, Data, Offer, SaleOpened, State
from edge.vision.faces import AGES, NO_TRACK, Faces

WIDTH, HEIGHT = 640, 480
FACE_SHAPE = np.array([[-0.5, 0.0], [0.5, 0.0], [0.0, 0.55], [0.0, 1.1]], np.float32)
"""Right eye, left eye, nose and mouth of a frontal face, in eye distances from between the eyes."""


@dataclass(frozen=True)
class Someone:
    """A person as a frame shows them. x, y: centre of the face in shares of the frame. age: years, None when no age was
    estimated. quality: NaN when the face was not sampled."""

    track: int = 1
    age: float | None = 50
    x: float = 0.5
    y: float = 0.5
    eyes_px: float = 40
    quality: float = 0.8
    reasons: tuple[str, ...] = ()
    score: float = 0.9


@pytest.fixture(scope="module", autouse=True)
def no_edge_variables() -> Iterator[None]:
    """Remove EDGE_* variables, so that tests see the default settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("EDGE_")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session")
def someone() -> type[Someone]:
    return Someone


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

    def faces(*people: Someone) -> Faces:
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
def detected(someone: type[Someone], faces_of: Callable[..., Faces]) -> Callable[..., Faces]:
    """Faces as a detector gives them, with nothing filled in yet: `detected({"x": 0.3}, {"x": 0.7, "score": 0.4})`."""

    def faces(*people: dict[str, Any]) -> Faces:
        found = faces_of(*(someone(**{"track": NO_TRACK, **person}) for person in people))
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

    def lane(book: OfferBook | None = None, **settings: Any) -> Lane:
        return Lane(LaneRules(Settings(**settings), 25, "0123456789ab", book), ReplayIdentity())

    return lane


class LaneDriver:
    """Drives a lane as the agent does, with frames a tenth of a second apart and messages of tills, and collects what
    it sends and closes. sent: messages other than replies, in order."""

    def __init__(self, lane: Lane, faces_of: Callable[..., Faces]) -> None:
        self.lane, self._faces_of = lane, faces_of
        self.now_s, self._frames, self._messages = 0.0, 0, 0
        self.sent: list[Data] = []
        self.closed: list[Closed] = []

    def show(self, *people: Someone, frames: int = 1) -> None:
        """Frames with these people come."""
        for _ in range(frames):
            self.now_s = round(self.now_s + 0.1, 6)
            frame = Frame(np.zeros((HEIGHT, WIDTH, 3), np.uint8), self.now_s, self._frames, "lane-1")
            self._frames += 1
            self._collect(self.lane.observe(self._faces_of(*people), frame, self.now_s))

    def wait(self, seconds: float) -> None:
        """Time passes without frames."""
        until_s = round(self.now_s + seconds, 6)
        while self.now_s < until_s:
            self.now_s = round(min(self.now_s + 0.05, until_s), 6)
            self._collect(self.lane.tick(self.now_s))

    def receive(self, message: Data, till: str = "till-1") -> Data:
        """The till sends a message; returns the reply."""
        self._messages += 1
        reply, *outcomes = self.lane.receive(till, f"message-{self._messages}", message, self.now_s)
        assert isinstance(reply, OutgoingMessage)
        assert reply.is_reply
        assert not any(outcome.is_reply for outcome in outcomes if isinstance(outcome, OutgoingMessage))
        self._collect(outcomes)
        return reply.data

    def confirm(self, alert: Alert, till: str = "till-1") -> None:
        """The till confirms an alert."""
        ack = Ack(message_id="any", alert_id=alert.alert_id)
        assert self.lane.receive(till, "confirmation", ack, self.now_s) == []

    @property
    def alerts(self) -> list[Alert]:
        return [message for message in self.sent if isinstance(message, Alert)]

    @property
    def offers(self) -> list[Offer]:
        return [message for message in self.sent if isinstance(message, Offer)]

    @property
    def states(self) -> list[State]:
        return [message for message in self.sent if isinstance(message, State)]

    @property
    def records(self) -> list[SaleRecord]:
        return [sale.record for sale in self.closed]

    @property
    def decisions(self) -> list[str]:
        return [alert.decision.value for alert in self.alerts]

    def _collect(self, outcomes: list[Outcome]) -> None:
        self.sent += [outcome.data for outcome in outcomes if isinstance(outcome, OutgoingMessage)]
        self.closed += [outcome for outcome in outcomes if isinstance(outcome, Closed)]


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
