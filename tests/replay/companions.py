"""How often somebody beside the customer makes a lane ask: sales with and without `policy.ask_for_companions`.

    python -m tests.replay.companions tests/replay/recordings

Every two recordings of people who stand are put beside each other, with the customer enlarged, so that the companion's
face is smaller, as it is behind the customer. All people are adults, and the model estimates them below the challenge
age. The customer's estimate gets 25 years more, so that the customer alone is not asked. The companion's is once left
as it is, and once gets 25 years more.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle, islice, permutations
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.choice import make_age_model
from edge.decision.policy import Decision, Reason
from edge.frames import Frame, VideoFile
from edge.lane.lane import Lane
from edge.lane.outcomes import OutgoingMessage
from edge.lane.pipeline import Pipeline
from edge.lane.rules import load_rules
from edge.till.identity import ReplayIdentity
from edge.till.messages import Alert, RestrictedItem, SaleOpened
from tests.edge.people import settings_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from edge.ages import AgeModel
    from edge.lane.outcomes import Outcome
    from edge.vision.faces import Faces

STANDING = ("again", "bird", "book", "eat", "hungry", "learn", "night", "school")
"""Recordings of one person each, in the middle of the picture."""

MIDDLE = slice(200, 440)
"""The columns of these recordings that show the person."""

RATE = 15
"""Frames a second, as a lane analyses them."""

SCANNED_S, SALE_S = 1.5, 5.5
"""Seconds after the opening of a sale: beer is scanned, the sale ends."""

YEARS_MORE = 25


class Scene(NamedTuple):
    """What the companion does. size: of the face, where the customer's is 1. seen_s: from when to when it is seen."""

    name: str
    size: float
    seen_s: tuple[float, float] = (0.0, SALE_S)


BEHIND, FURTHER, PASSING = SCENES = (
    Scene("half a step behind", 0.7),
    Scene("a step behind", 0.55),
    Scene("walks past in 1.5 s", 0.7, (2.5, 4.0)),
)


class Case(NamedTuple):
    """How a sale is tried. older: the companion, too, gets 25 years more. asks: for companions."""

    older: bool
    asks: bool


CASES = tuple(Case(older, asks) for older in (False, True) for asks in (False, True))


@dataclass
class Trial:
    """One sale at a lane of its own. answers: the alerts, and when they were sent."""

    lane: Lane
    answers: list[tuple[float, Alert]] = field(default_factory=list)

    def receive(self, message: SaleOpened | RestrictedItem, now_s: float) -> None:
        self._collect(self.lane.receive("till", message.type, message, now_s), now_s)

    def observe(self, faces: Faces, frame: Frame) -> None:
        self._collect(self.lane.observe(faces, frame, frame.grab_s), frame.grab_s)

    @property
    def asks(self) -> list[Alert]:
        """The alerts that say: ask."""
        return [alert for _, alert in self.answers if alert.decision is not Decision.NO_CHALLENGE]

    @property
    def seconds_unasked(self) -> float:
        """How long the till showed NO_CHALLENGE."""
        ends = [at_s for at_s, _ in self.answers[1:]] + [SALE_S]
        shown = zip(self.answers, ends, strict=True)
        return sum(end_s - at_s for (at_s, alert), end_s in shown if alert.decision is Decision.NO_CHALLENGE)

    def _collect(self, outcomes: Iterable[Outcome], now_s: float) -> None:
        sent = [outcome.data for outcome in outcomes if isinstance(outcome, OutgoingMessage)]
        self.answers += [(now_s, data) for data in sent if isinstance(data, Alert)]


class Companions:
    """Plays scenes with two people. folder: the recordings. cache: for the age model."""

    def __init__(self, folder: Path, cache: Path) -> None:
        everywhere = ((0, 0), (1, 0), (1, 1), (0, 1))
        self._settings = {
            asks: settings_with(mode="on-sale", zone=everywhere, policy={"ask_for_companions": asks})
            for asks in (False, True)
        }
        self._bundle = Bundle(BUNDLED)
        self._ages: AgeModel = make_age_model(self._bundle, self._settings[True].ages, cache)[0]
        self._clips = {name: _pictures(folder / f"{name}.mkv") for name in STANDING}

    def play(self, scene: Scene, customer: str, companion: str) -> dict[Case, Trial]:
        """One scene as a sale in each case. customer, companion: names of recordings."""
        pipeline = Pipeline(self._settings[True], self._ages)
        trials = {case: self._trial(case) for case in CASES}
        for frame in _frames(scene, self._clips[customer], self._clips[companion]):
            for trial in trials.values():
                if frame.grab_s >= SCANNED_S > frame.grab_s - 1 / RATE:
                    trial.receive(RestrictedItem(sale_id="sale"), frame.grab_s)
            # Which faces are sampled does not depend on the case.
            first = next(iter(trials.values())).lane
            faces = pipeline.process(frame, first.should_sample, estimate_ages=True)
            is_customer = faces.boxes[:, 0] < frame.pixels.shape[1] - (MIDDLE.stop - MIDDLE.start)
            for case, trial in trials.items():
                trial.observe(_older(faces, is_customer | case.older), frame)
        pipeline.close()
        return trials

    def _trial(self, case: Case) -> Trial:
        trial = Trial(Lane(load_rules(self._settings[case.asks], self._bundle), ReplayIdentity()))
        trial.receive(SaleOpened(sale_id="sale"), 0.0)
        return trial


def _pictures(clip: Path) -> list[NDArray[np.uint8]]:
    """The middle of a recording's frames: uint8 (480, 240, 3) BGR."""
    video, kept = VideoFile(clip, "lane-1"), list[np.ndarray]()
    while frame := video.read():
        if frame.grab_s >= (len(kept) - 0.25) / RATE:
            kept.append(frame.pixels[:, MIDDLE])
    video.close()
    return kept


def _frames(scene: Scene, customer: list[NDArray[np.uint8]], companion: list[NDArray[np.uint8]]) -> Iterator[Frame]:
    """The customer on the left; the companion on the right while they are seen. Recordings are played forwards and
    backwards in turn, so that nobody jumps."""
    left, right = (cycle(clip + clip[-2:0:-1]) for clip in (customer, companion))
    for number, (near, far) in enumerate(islice(zip(left, right, strict=False), round(SALE_S * RATE))):
        at_s, height = number / RATE, far.shape[0]
        large = cv2.resize(near, None, fx=1 / scene.size, fy=1 / scene.size, interpolation=cv2.INTER_CUBIC)[:height]
        seen = scene.seen_s[0] <= at_s < scene.seen_s[1]
        yield Frame(np.hstack([large, far if seen else np.full_like(far, 96)]), at_s, number, "lane-1")


def _older(faces: Faces, rows: NDArray[np.bool_]) -> Faces:
    """The faces, with 25 years more in these rows. rows: bool (N,)."""
    age_probs = faces.age_probs.copy()
    age_probs[rows] = np.roll(age_probs[rows], YEARS_MORE, axis=1)
    return faces.with_(age_probs=age_probs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with the recordings")
    folder = parser.parse_args().folder
    table = Table("companion", "estimate", "asks for companions", "sales", "asked first", "asked at all",
                  "NO_CHALLENGE shown", "alerts that ask")  # fmt: skip
    with tempfile.TemporaryDirectory() as cache:
        companions, pairs = Companions(folder, Path(cache)), list(permutations(STANDING, 2))
        for scene in SCENES:
            played = [companions.play(scene, *pair) for pair in track(pairs, scene.name, transient=True)]
            for case in CASES:
                table.add_row(scene.name, *_row(case, [trials[case] for trials in played]))
    Console(width=180).print(table)


def _row(case: Case, trials: list[Trial]) -> list[str]:
    first = sum(trial.answers[0][1] in trial.asks for trial in trials)
    unasked = sum(trial.seconds_unasked for trial in trials) / len(trials) / (SALE_S - SCANNED_S)
    reasons = Counter(Reason(alert.reasons[0]) for trial in trials for alert in trial.asks)
    return [
        "25 years more" if case.older else "as it is", "yes" if case.asks else "no", str(len(trials)), str(first),
        str(sum(bool(trial.asks) for trial in trials)), f"{unasked:.0%} of the time",
        ", ".join(f"{count} {reason.value}" for reason, count in reasons.most_common()),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
