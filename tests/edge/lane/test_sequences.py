"""Random sequences of frames and messages: rules that a lane must never break."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import pairwise
from typing import Literal, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.decision.policy import Decision
from edge.till.messages import Ack, Alert, Hello, RestrictedItem, SaleClosed, SaleOpened
from tests.edge.driver import LaneDriver, drive
from tests.edge.people import Person

AGES = {1: 50, 2: 60, 3: 13, 4: 16}
"""Age by track; none is near the challenge age of 25."""

ANSWER_WITHIN_S = 0.8
FRAME_S = 0.1
REPLAY_START = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Place:
    """Where a face is, and why it is rejected."""

    x: float = 0.5
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Show:
    """Faces are in view for some frames. people: by track."""

    people: dict[int, Place]
    frames: int


@dataclass(frozen=True)
class Serve:
    """A sale is opened, faces are in view for some frames, and a restricted item is scanned."""

    people: dict[int, Place]
    frames: int


@dataclass(frozen=True)
class Send:
    """The till sends a message."""

    message: Literal["open", "scan", "close", "hello"]


@dataclass(frozen=True)
class Wait:
    seconds: float


Step = Show | Serve | Send | Wait

places = st.builds(
    Place,
    x=st.sampled_from([0.5, 0.5, 0.5, 0.05, 0.9]),
    reasons=st.sampled_from([(), (), (), ("blurred",), ("unconfirmed",)]),
)
good_place = st.just(Place())
tracks = st.sampled_from(sorted(AGES))
OPEN, SCAN, CLOSE, HELLO = Send("open"), Send("scan"), Send("close"), Send("hello")
steps = st.lists(
    st.one_of(
        st.builds(Show, st.dictionaries(tracks, places, max_size=2), st.integers(1, 12)),
        st.builds(Show, st.dictionaries(tracks, good_place, min_size=1, max_size=1), st.integers(1, 12)),
        st.just(Show({}, 25)),
        st.builds(Serve, st.dictionaries(tracks, good_place, max_size=1), st.integers(0, 6)),
        st.sampled_from([OPEN, SCAN, SCAN]),
        st.sampled_from([CLOSE, HELLO]),
        st.builds(Wait, st.floats(0.01, 2.5)),
    ),
    min_size=8,
    max_size=30,
)


class SentAlert(NamedTuple):
    """An alert. samples: good frames per track since the sale was opened. customers: tracks that were the customer."""

    alert: Alert
    samples: Counter[int]
    customers: frozenset[int]


class Player:
    """Plays steps to a lane, and counts for each sale the frames in which a face in the zone was good."""

    def __init__(self, lane: LaneDriver) -> None:
        self.lane = lane
        self.sales, self.open_sale = 0, ""
        self.scanned_s: dict[str, float] = {}
        self.closed_s: dict[str, float] = {}
        self.sent: list[SentAlert] = []
        self.in_zone: set[int] = set()
        self._samples: Counter[int] = Counter()
        self._customers: set[int] = set()

    def play(self, step: Step) -> None:
        match step:
            case Show(people, frames):
                self._show(people, frames)
            case Serve(people, frames):
                self.play(OPEN)
                self._show(people, frames)
                self.play(SCAN)
            case Wait(seconds):
                self.lane.wait(seconds)
            case Send("hello"):
                assert isinstance(self.lane.receive(Hello(till="till-1")), Ack)
            case Send("open"):
                self.closed_s[self.open_sale] = self.lane.now_s
                self.sales += 1
                self.open_sale = f"sale-{self.sales}"
                self._samples, self._customers = Counter(), set()
                self.lane.receive(SaleOpened(sale_id=self.open_sale))
            case Send("scan") if self.open_sale:
                self.scanned_s.setdefault(self.open_sale, self.lane.now_s)
                self.lane.receive(RestrictedItem(sale_id=self.open_sale))
            case Send("close") if self.open_sale:
                self.lane.receive(SaleClosed(sale_id=self.open_sale))
                self.closed_s[self.open_sale] = self.lane.now_s
                self.open_sale = ""
        self._collect()

    def _show(self, people: dict[int, Place], frames: int) -> None:
        inside = {track for track, place in people.items() if place.x == 0.5}
        good = {track for track in inside if not people[track].reasons}
        self.in_zone |= {track for track in inside if "unconfirmed" not in people[track].reasons}
        for _ in range(frames):
            # Ages are estimated only when the lane asks for them, as the pipeline does.
            analysing = self.lane.lane.analysing
            self._samples.update(good if analysing else [])
            self.lane.show(*(
                Person(track, age=AGES[track] if analysing else None, x=place.x, reasons=place.reasons)
                for track, place in people.items()
            ))  # fmt: skip
            self._customers |= good & {self.lane.states[-1].customer}
            self._collect()

    def _collect(self) -> None:
        for alert in self.lane.alerts[len(self.sent) :]:
            self.sent.append(SentAlert(alert, self._samples.copy(), frozenset(self._customers)))


def issued_s(alert: Alert) -> float:
    return float((alert.issued_at - REPLAY_START).total_seconds())


@given(steps)
@settings(max_examples=150)
def test_no_challenge_needs_samples_of_an_older_face_from_the_same_sale(steps: list[Step]) -> None:
    player = Player(drive(mode="on-sale"))
    for step in steps:
        player.play(step)
    for alert, samples, customers in player.sent:
        assert alert.samples <= max(samples.values(), default=0)
        if alert.decision is Decision.NO_CHALLENGE:
            assert alert.samples >= 3
            assert any(samples[track] >= alert.samples and AGES[track] >= 25 for track in samples)
            assert len(customers) <= 1
            assert alert.age is not None
            assert alert.age.mean >= 25


@given(steps)
@settings(max_examples=100)
def test_a_challenge_is_the_last_decision_of_its_sale(steps: list[Step]) -> None:
    player = Player(drive(mode="on-sale"))
    for step in steps:
        player.play(step)
    for number in range(player.sales):
        decisions = [sent.alert.decision for sent in player.sent if sent.alert.sale_id == f"sale-{number + 1}"]
        assert Decision.CHALLENGE not in decisions[:-1]
        assert all(first is not second for first, second in pairwise(decisions))


@given(steps)
@settings(max_examples=100)
def test_every_scan_is_answered_in_time_and_nothing_else_is_answered(steps: list[Step]) -> None:
    player = Player(drive(mode="on-sale"))
    for step in [*steps, Wait(2.0)]:
        player.play(step)
    first_s: dict[str, float] = {}
    for sent in player.sent:
        first_s.setdefault(sent.alert.sale_id, issued_s(sent.alert))
    assert set(first_s) <= set(player.scanned_s)
    for sale_id, scanned_s in player.scanned_s.items():
        # The lane checks the time at every frame, so an answer may come one frame late.
        due_s = scanned_s + ANSWER_WITHIN_S + FRAME_S + 1e-6
        if player.closed_s.get(sale_id, player.lane.now_s) > due_s:
            assert scanned_s - 1e-6 <= first_s[sale_id] <= due_s


@given(steps)
def test_on_sale_faces_are_analysed_exactly_while_a_sale_is_open(steps: list[Step]) -> None:
    player = Player(drive(mode="on-sale"))
    for step in steps:
        player.play(step)
        assert player.lane.lane.analysing == (player.open_sale != "")


@given(steps)
def test_auto_stays_on_sale_after_the_first_hello(steps: list[Step]) -> None:
    player = Player(drive(mode="auto"))
    player.play(Show({1: Place()}, 5))
    assert player.lane.lane.analysing
    for step in [HELLO, *steps]:
        player.play(step)
        assert player.lane.lane.analysing == (player.open_sale != "")


@given(steps)
def test_a_person_never_confirmed_in_the_zone_is_never_the_customer(steps: list[Step]) -> None:
    player = Player(drive(mode="continuous"))
    for step in steps:
        if isinstance(step, Show | Wait):
            player.play(step)
    assert {state.customer for state in player.lane.states} - {None} <= player.in_zone
    if not player.in_zone:
        assert player.lane.alerts == []
