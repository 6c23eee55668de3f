"""Replays of real recordings: who is the customer, and how their age is estimated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.choice import make_age_model
from edge.frames import VideoFile
from edge.lane.pipeline import Pipeline
from edge.settings.load import load_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.commands import Replay

pytestmark = pytest.mark.slow

OFFICE = ["again", "bird", "book", "eat", "hungry", "learn", "night", "school"]
THREE_PEOPLE = "face-demographics-walking-and-pause.mkv"
FROM_BEHIND = "one-by-one-person-detection.mkv"


@pytest.mark.parametrize("name", OFFICE)
def test_one_person_stays_one_customer(name: str, recordings: Path, replay: Replay) -> None:
    """Hands cross faces, one shirt has a large printed face, and in `bird` a bystander sits at the edge."""
    run = replay(recordings / f"{name}.mkv")
    states = run.of_type("lane.state")
    first = next(index for index, state in enumerate(states) if state["customer"] is not None)
    assert states[first]["frame"] <= 15, "somebody is noticed within half a second"
    assert len({state["customer"] for state in states[first:]}) == 1
    assert len({alert["sale_id"] for alert in run.of_type("lane.alert")}) == 1


@pytest.mark.parametrize("name", OFFICE)
def test_the_age_of_an_adult_is_estimated_within_the_accuracy_of_the_model(
    name: str, recordings: Path, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everybody is an adult. A young adult in poor light may be estimated at 17: asking for ID then does no harm."""
    ages = [state["age"] for state in replay(recordings / f"{name}.mkv").of_type("lane.state") if state["age"]]
    mean = float(np.mean([age["mean"] for age in ages]))
    with capsys.disabled():
        print(f" {name}: {mean:.1f} ({ages[-1]['low']:.0f}-{ages[-1]['high']:.0f})")
    assert 15 <= mean <= 65
    assert ages[-1]["high"] >= 18


@pytest.mark.parametrize("name", OFFICE)
def test_more_samples_do_not_make_the_age_certain(name: str, recordings: Path, replay: Replay) -> None:
    """All samples of a face share its make-up, its light and the error of the model."""
    ages = [state["age"] for state in replay(recordings / f"{name}.mkv").of_type("lane.state") if state["age"]]
    widths = [age["high"] - age["low"] for age in ages]
    assert widths[-1] >= 0.75 * widths[0]
    assert min(widths) >= 10


def test_an_empty_table_and_the_backs_of_heads_get_no_age(recordings: Path, replay: Replay) -> None:
    run = replay(recordings / FROM_BEHIND)
    assert run.of_type("lane.state")
    assert [state["age"] for state in run.of_type("lane.state") if state["age"]] == []
    assert [alert["age"] for alert in run.of_type("lane.alert") if alert["age"]] == []


def test_three_people_are_three_tracks_and_one_batch_per_frame(recordings: Path, tmp_path: Path) -> None:
    settings = load_settings(["--video", str(recordings / THREE_PEOPLE)])
    batches: list[int] = []
    model, _ = make_age_model(Bundle(BUNDLED), settings.ages, tmp_path)

    class CountingModel:
        backend = model.backend

        def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
            batches.append(len(crops))
            return model.predict(crops)

    pipeline = Pipeline(settings, CountingModel())
    assert settings.video
    source = VideoFile(settings.video, settings.lane)
    tracks: set[int] = set()
    frames_with_samples = 0
    while (frame := source.read()) is not None:
        faces = pipeline.process(frame, lambda faces, _: np.ones(len(faces), bool), estimate_ages=True)
        tracks |= set(faces.track_ids.tolist())
        frames_with_samples += bool(faces.usable.any())
    source.close()
    pipeline.close()
    assert len(tracks) == 3
    assert len(batches) == frames_with_samples, "one batch for each frame, however many faces"
    assert max(batches) == 3


def test_two_people_at_about_the_same_distance_are_not_told_apart(recordings: Path, replay: Replay) -> None:
    alerts = replay(recordings / THREE_PEOPLE).of_type("lane.alert")
    assert {alert["decision"] for alert in alerts} == {"UNKNOWN"}
    assert {tuple(alert["reasons"]) for alert in alerts} == {("two-people",)}
