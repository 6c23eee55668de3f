"""What the recipe and each source are worth."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.errors import UsageError
from train.card.facts import Study
from train.checkpoint import load_model
from train.recipe import Recipe, Stage
from train.study import read_study, study, write_study


@pytest.fixture
def two_shops(lay_out: Callable[..., Path], tmp_path: Path) -> Iterator[Path]:
    """Two sources of the same face, each with a test photo; the folder for the runs lies beside them."""
    corner = {"plain": "30", "big": "32", "tall": "28", "small": "31", "turned": "29", "mirrored": "30"}
    market = {"dark": "50", "wide": "52", "grey": "48", "mirrored-turned": "50"}
    lay_out(tmp_path / "data" / "corner", corner, ("mirrored",))
    lay_out(tmp_path / "data" / "market", market, ("mirrored-turned",))
    yield tmp_path
    shutil.rmtree(tmp_path / "runs", ignore_errors=True)


@pytest.fixture
def small() -> Recipe:
    return Recipe(stages=(Stage(picture_px=32, share=1, view=0.7),), workers=0)


@pytest.mark.usefixtures("few_photos")
def test_every_source_is_left_out_once_and_given_afterwards_and_all_runs_are_judged_on_all_test_photos(
    two_shops: Path, small: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(two_shops)
    found = study(two_shops / "data", two_shops / "runs", small, 4, alone="corner")
    both = ("corner", "market")
    assert [(run.name, run.sources) for run in found.runs] == [
        ("all sources", both),
        ("baseline recipe", both),
        ("without corner", ("market",)),
        ("without corner, then corner", both),
        ("without market", ("corner",)),
        ("without market, then market", both),
        ("corner alone", ("corner",)),
    ]
    assert all({name: one.pictures for name, one in run.errors.items()} == {"all": 2, "corner": 1, "market": 1}
               for run in found.runs)  # fmt: skip
    # What comes afterwards starts from the run without, and changes little of it in a short step.
    before, _ = load_model(two_shops / "runs" / "without-corner" / "last.safetensors")
    after, facts = load_model(two_shops / "runs" / "without-corner-then-corner" / "last.safetensors")
    assert list(facts["sources"]) == ["corner"]
    moved = [(a - b).abs().max() for a, b in zip(after.parameters(), before.parameters(), strict=True)]
    assert 0 < max(moved) < 1e-3
    written = write_study(found, two_shops / "runs")
    assert read_study(written) == found
    # A run that is done is judged again and not trained again.
    log = (two_shops / "runs" / "without-corner" / "log.jsonl").read_text()
    assert study(two_shops / "data", two_shops / "runs", small, 4, alone="corner") == found
    assert (two_shops / "runs" / "without-corner" / "log.jsonl").read_text() == log


@pytest.mark.usefixtures("few_photos")
def test_a_source_that_is_not_there_is_named_before_anything_is_trained(
    two_shops: Path, small: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(two_shops)
    with pytest.raises(UsageError, match="no source 'kiosk' among the photos: there are corner, market"):
        study(two_shops / "data", two_shops / "runs", small, 4, alone="kiosk")
    assert not (two_shops / "runs").exists()


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot read the study"), ("{}", "is no study.json"), ("\0", "is no study.json")]
)
def test_what_is_no_study_is_refused_in_one_line(tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "study.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match=said):
        read_study(file)


def test_without_a_study_there_is_none() -> None:
    assert read_study(None) is None


def test_a_study_is_plain_json(tmp_path: Path) -> None:
    file = write_study(Study(photos=10, taught=False, own_photos=5, runs=()), tmp_path)
    assert json.loads(file.read_text()) == {"photos": 10, "taught": False, "own_photos": 5, "runs": []}
