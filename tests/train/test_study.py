"""Comparison runs with the baseline recipe and without each source."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import UsageError
from tests.train.builders import LayOut
from train.card.facts import Study
from train.checkpoint import load_model
from train.recipe import Recipe, Stage
from train.study import read_study, study, write_study


@pytest.fixture
def two_shops(lay_out: LayOut, tmp_path: Path) -> Iterator[Path]:
    """A folder with two sources of the same face, each with a test photo, in `data`; the runs go into `runs`."""
    corner = {"plain": "30", "big": "32", "tall": "28", "small": "31", "turned": "29", "mirrored": "30"}
    market = {"dark": "50", "wide": "52", "grey": "48", "mirrored-turned": "50"}
    lay_out(tmp_path / "data" / "corner", corner, ("mirrored",))
    lay_out(tmp_path / "data" / "market", market, ("mirrored-turned",))
    yield tmp_path
    shutil.rmtree(tmp_path / "runs", ignore_errors=True)


@pytest.fixture
def small() -> Recipe:
    return Recipe(stages=(Stage(picture_px=32, share=1, view=0.7),), workers=0)


@pytest.mark.slow
@pytest.mark.usefixtures("few_photos")
def test_every_source_is_omitted_once_then_fine_tuned_on_and_all_runs_are_tested_on_all_test_photos(
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
    assert all({name: error.pictures for name, error in run.errors.items()} == {"all": 2, "corner": 1, "market": 1}
               for run in found.runs)  # fmt: skip
    # Fine-tuning starts from the run without the source, and changes its weights only a little in one step.
    before, _ = load_model(two_shops / "runs" / "without-corner" / "last.safetensors")
    after, facts = load_model(two_shops / "runs" / "without-corner-then-corner" / "last.safetensors")
    assert list(facts["sources"]) == ["corner"]
    moved = [(a - b).abs().max() for a, b in zip(after.parameters(), before.parameters(), strict=True)]
    assert 0 < max(moved) < 1e-3
    written = write_study(found, two_shops / "runs")
    assert read_study(written) == found
    # A finished run is evaluated again but not trained again.
    log = (two_shops / "runs" / "without-corner" / "log.jsonl").read_text()
    assert study(two_shops / "data", two_shops / "runs", small, 4, alone="corner") == found
    assert (two_shops / "runs" / "without-corner" / "log.jsonl").read_text() == log


@pytest.mark.usefixtures("few_photos")
def test_an_unknown_source_is_reported_before_any_training(
    two_shops: Path, small: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(two_shops)
    with pytest.raises(UsageError, match="no source 'kiosk' among the photos: the sources are corner, market"):
        study(two_shops / "data", two_shops / "runs", small, 4, alone="kiosk")
    assert not (two_shops / "runs").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot read the study"), ("{}", "is not a study.json"), ("\0", "is not a study.json")],
)
def test_an_invalid_study_gives_one_line(tmp_path: Path, content: str | None, message: str) -> None:
    file = tmp_path / "study.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(UsageError, match=message):
        read_study(file)


def test_without_a_file_there_is_no_study() -> None:
    assert read_study(None) is None


def test_a_study_is_plain_json(tmp_path: Path) -> None:
    file = write_study(Study(photos=10, taught=False, own_photos=5, runs=()), tmp_path)
    assert json.loads(file.read_text()) == {"photos": 10, "taught": False, "own_photos": 5, "runs": []}
