"""Two people of the recordings beside each other: whether the second one is noticed, and estimated."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.decision.policy import Reason
from tests.replay.companions import BEHIND, FURTHER, Case, Companions, Scene, Trial

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def companions(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Companions:
    return Companions(recordings, tmp_path_factory.mktemp("cache"))


def answers(trial: Trial) -> list[tuple[str, Reason | str]]:
    return [(alert.decision.value, alert.reasons[0]) for _, alert in trial.answers]


@pytest.mark.parametrize("scene", [BEHIND, FURTHER])
def test_a_companion_who_looks_young_is_noticed_and_one_who_looks_older_changes_nothing(
    scene: Scene, companions: Companions
) -> None:
    trials = companions.play(scene, "hungry", "school")
    passes = [("NO_CHALLENGE", Reason.LOOKS_OLDER)]
    assert answers(trials[Case(older=False, asks=True)]) == [("UNKNOWN", Reason.YOUNG_COMPANION)]
    assert answers(trials[Case(older=False, asks=False)]) == passes
    assert answers(trials[Case(older=True, asks=True)]) == passes
    assert answers(trials[Case(older=True, asks=False)]) == passes
