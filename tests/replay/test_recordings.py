"""What the lane must do on real recordings. They lie outside the project; without them these tests are skipped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.choice import cpu_age_model
from edge.frames import VideoFile
from edge.lane.pipeline import Pipeline
from edge.settings.load import load_settings

OFFICE = ["again", "bird", "book", "eat", "hungry", "learn", "night", "school"]


@pytest.mark.parametrize("name", OFFICE)
def test_one_person_is_one_customer_from_first_to_last(name: str, shared: Path, replay: Callable[[Path], Any]) -> None:
    """Hands cross faces, one shirt has a large printed face, and in `bird` a bystander stands at the edge."""
    run = replay(shared / "clips" / f"{name}.mkv")
    states = run.of_type("lane.state")
    first = next(index for index, state in enumerate(states) if state["customer"] is not None)
    assert states[first]["frame"] <= 15, "half a second is enough to notice somebody"
    assert len({state["customer"] for state in states[first:]}) == 1
    assert len({alert["sale_id"] for alert in run.of_type("lane.alert")}) == 1


@pytest.mark.parametrize("name", OFFICE)
def test_everybody_in_the_office_is_an_adult_within_what_the_model_can_tell(
    name: str, shared: Path, replay: Callable[[Path], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A young adult in the dark may be read as 17, and is asked then: the error that does no harm."""
    ages = [state["age"] for state in replay(shared / "clips" / f"{name}.mkv").of_type("lane.state") if state["age"]]
    mean = float(np.mean([age["mean"] for age in ages]))
    with capsys.disabled():
        print(f" {name}: {mean:.1f} ({ages[-1]['low']:.0f}-{ages[-1]['high']:.0f})")
    assert 15 <= mean <= 65
    assert ages[-1]["high"] >= 18


@pytest.mark.parametrize("name", OFFICE)
def test_looking_for_longer_does_not_make_the_age_certain(
    name: str, shared: Path, replay: Callable[[Path], Any]
) -> None:
    """Many looks at one face share its make-up, its light and the model's own error."""
    ages = [state["age"] for state in replay(shared / "clips" / f"{name}.mkv").of_type("lane.state") if state["age"]]
    widths = [age["high"] - age["low"] for age in ages]
    assert widths[-1] >= 0.75 * widths[0]
    assert min(widths) >= 10


def test_an_empty_table_and_the_backs_of_heads_have_no_age(shared: Path, replay: Callable[[Path], Any]) -> None:
    run = replay(shared / "clips" / "one-by-one-person-detection.mp4")
    assert [state["age"] for state in run.of_type("lane.state") if state["age"]] == []
    assert [alert["age"] for alert in run.of_type("lane.alert") if alert["age"]] == []


def test_three_people_are_three_tracks_and_one_batched_call(shared: Path) -> None:
    settings = load_settings(["--video", str(shared / "clips" / "face-demographics-walking-and-pause.gif")])
    batches: list[int] = []
    model = cpu_age_model(Bundle(BUNDLED))

    class Counting:
        backend = model.backend

        def predict(self, crops: np.ndarray) -> np.ndarray:
            batches.append(len(crops))
            return model.predict(crops)

    pipeline = Pipeline(settings, Counting())
    assert settings.video
    source = VideoFile(settings.video, settings.lane)
    tracks: set[int] = set()
    looks = 0
    while (frame := source.read()) is not None:
        faces = pipeline.process(frame, lambda faces, _: np.ones(len(faces), bool), estimate_ages=True)
        tracks |= set(faces.track_ids.tolist())
        looks += bool(faces.usable.any())
    source.close()
    pipeline.close()
    assert len(tracks) == 3
    assert len(batches) == looks, "one call a frame, however many faces"
    assert max(batches) == 3


def test_two_people_about_equally_near_are_not_told_apart(shared: Path, replay: Callable[[Path], Any]) -> None:
    alerts = replay(shared / "clips" / "face-demographics-walking-and-pause.gif").of_type("lane.alert")
    assert {alert["decision"] for alert in alerts} == {"UNKNOWN"}
    assert {tuple(alert["reasons"]) for alert in alerts} == {("two-people",)}
