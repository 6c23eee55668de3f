"""The command `edge-train`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest

import train.data
from edge.ages import BUNDLED
from tests.train.builders import LayOut
from tests.train.conftest import MIRRORED, UPRIGHT
from train.baseline import BaselineModel
from train.checkpoint import load_model, read_checkpoint
from train.cli import main
from train.data import hash_percent, load_train, validation_split
from train.recipe import read_recipe
from train.trained import trained_by
from train.unseen import spared


class Run(Protocol):
    """Runs the command in an empty folder; returns its exit code."""

    def __call__(self, *arguments: object) -> int: ...


@pytest.fixture
def edge_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in an empty folder; returns its exit code."""

    def edge_train(*arguments: object) -> int:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["edge-train", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    return edge_train


@pytest.mark.slow
@pytest.mark.usefixtures("few_photos")
def test_fit_writes_checkpoints_that_evaluate_accepts(
    edge_train: Run, shop: Path, run_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = ["--epochs", 1, "--steps-per-epoch", 1, "--batch-size", 2, "--validation-steps", 1]
    assert edge_train("fit", shop, "--out", run_dir, "--start", BUNDLED, *sizes) == 0
    facts = read_checkpoint(run_dir / "last.safetensors")[1]
    assert {"shop", "faces", "bands", "chips"} <= set(facts["sources"])
    # With trained weights and no named recipe, the default is small steps and pictures of the lane's size.
    assert facts["recipe"] == read_recipe(Path("own")).model_dump(mode="json")
    left = ["best.safetensors", "last.safetensors", "log.jsonl", "tensorboard"]
    assert sorted(path.name for path in run_dir.iterdir()) == left
    capsys.readouterr()
    against = ["--against", run_dir / "best.safetensors", "--language", "ru"]
    assert edge_train("evaluate", run_dir / "last.safetensors", shop, "--out", tmp_path / "card", *against) == 0
    first, page = capsys.readouterr().out.splitlines()
    assert first.startswith("shop: ошибка ")
    assert Path(page) == tmp_path / "card" / "card.html"
    assert '<html lang="ru">' in Path(page).read_text()
    assert "## Errors\n" in (tmp_path / "card" / "MODEL_CARD.md").read_text()
    card = json.loads((tmp_path / "card" / "card.json").read_text())
    assert card["sources"]["shop"]["test_pictures"] == 3
    # After one step the averaged weights of the run and of its best epoch are the same.
    assert card["paired"]["shop"]["difference_years"] == 0


@pytest.mark.slow
@pytest.mark.usefixtures("few_photos")
def test_photos_that_were_trained_on_neither_validate_nor_test(
    edge_train: Run,
    shop: Path,
    lay_out: LayOut,
    run_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sizes = ["--epochs", 1, "--steps-per-epoch", 1, "--batch-size", 2, "--validation-steps", 1]
    assert edge_train("fit", shop, "--out", run_dir, *sizes) == 0
    last = run_dir / "last.safetensors"
    listed = trained_by(last)
    assert listed is not None
    assert listed.complete

    swapped = lay_out(tmp_path / "swapped", dict.fromkeys((*UPRIGHT, *MIRRORED), "30"), UPRIGHT)
    assert edge_train("evaluate", last, swapped) == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert re.match(rf"edge-train: {last} was trained on \d of the 8 test photos, such as .*: give photos that", line)

    pictures = load_train(shop, tmp_path / ".cache" / "train")
    begins = hash_percent(pictures[listed.among(pictures)].hashes)[0]
    monkeypatch.setattr(train.data, "TEST_PERCENT", begins - 0.1)
    monkeypatch.setattr(train.data, "VALIDATION_PERCENT", 0.2)
    assert edge_train("fit", shop, "--out", tmp_path / "next", "--start", last, *sizes) == 2
    assert "was trained on 1 of the 1 validation photos" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "next").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("few_photos")
def test_photos_that_a_recipe_spares_are_not_trained_on(
    edge_train: Run, shop: Path, run_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.unseen.counts_for_limits", lambda ages: np.arange(len(ages)) % 2 == 0)
    (tmp_path / "sparing.json").write_text('{"spare": 0.5}')
    sizes = ["--epochs", 1, "--steps-per-epoch", 1, "--batch-size", 1, "--validation-steps", 1]
    assert edge_train("fit", shop, "--out", run_dir, "--recipe", tmp_path / "sparing.json", *sizes) == 0
    pictures, listed = load_train(shop, tmp_path / ".cache" / "train"), trained_by(run_dir / "last.safetensors")
    assert listed is not None
    left_out = spared(pictures, 0.5)
    assert left_out.any()
    assert listed.among(pictures).tolist() == (validation_split(pictures)[0] & ~left_out).tolist()


def test_initial_weights_to_mix_in_must_be_given(
    edge_train: Run, shop: Path, run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge_train("fit", shop, "--out", run_dir, "--recipe", "wider") == 2
    line = capsys.readouterr().err.splitlines()[-1]
    assert line == "edge-train: the recipe wider mixes in the initial weights: give their model with --start"


@pytest.mark.slow
@pytest.mark.usefixtures("few_photos")
def test_the_baseline_recipe_trains_a_baseline_model(edge_train: Run, shop: Path, run_dir: Path) -> None:
    sizes = ["--epochs", 1, "--steps-per-epoch", 1, "--batch-size", 2, "--validation-steps", 1]
    assert edge_train("fit", shop, "--out", run_dir, "--recipe", "baseline", *sizes) == 0
    model, facts = load_model(run_dir / "last.safetensors")
    assert isinstance(model, BaselineModel)
    assert facts["recipe"]["optimizer"] == "adam"


def test_an_unknown_source_is_reported_with_the_known_sources(
    edge_train: Run, shop: Path, run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge_train("fit", shop, "--out", run_dir, "--sources", "shop", "market") == 2
    assert "edge-train: no source 'market' among the photos: the sources are shop" in capsys.readouterr().err


def test_explore_writes_a_page_and_facts(
    edge_train: Run, shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge_train("explore", shop, "--out", tmp_path / "report") == 0
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["facts.json", "index.html"]
    first, *_, page = capsys.readouterr().out.splitlines()
    assert first == "11 photos, 1 source"
    assert page == f"The page shows faces, protect it like the photos: {tmp_path / 'report' / 'index.html'}"
    assert edge_train("explore", shop, "--out", tmp_path / "report", "--language", "ru") == 0
    assert capsys.readouterr().out.startswith("11 фотографий, 1 источник\n")


@pytest.mark.slow
@pytest.mark.usefixtures("few_photos")
def test_two_processes_train_together(shop: Path, run_dir: Path, tmp_path: Path) -> None:
    script = tmp_path / "fit.py"
    script.write_text(
        "import train.data\ntrain.data.NEAR_COPY_BITS, train.data.PICTURE_COPY_BITS = 0, -1\n"
        "train.data.VALIDATION_PERCENT = 40\n"
        "from train.cli import main\nif __name__ == '__main__':\n    main()\n"
    )
    sizes = ["--epochs", "1", "--steps-per-epoch", "2", "--batch-size", "4", "--validation-steps", "1"]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    command = [*torchrun, str(script), "fit", str(shop), "--out", str(run_dir), *sizes]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=300, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert read_checkpoint(run_dir / "last.safetensors")[1]["step"] == 2
    assert len((run_dir / "log.jsonl").read_text().splitlines()) == 1


def test_too_few_photos_to_validate_on_give_one_line_and_exit_code_1(
    edge_train: Run, shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge_train("fit", shop, "--out", tmp_path / "run") == 1
    assert re.search(r"\d photos to train on and \d to validate on; both are needed", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fit", "nowhere", "--out", "run"), "no labels.csv in nowhere or in its folders"),
        (("evaluate", "gone.safetensors", "nowhere"), "no labels.csv in nowhere or in its folders"),
    ],
)
def test_a_usage_error_gives_one_line_and_exit_code_2(
    edge_train: Run, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert edge_train(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"edge-train: {message}")


def test_a_missing_teacher_gives_exit_code_2_before_any_training(
    edge_train: Run, shop: Path, run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge_train("fit", shop, "--out", run_dir, "--teacher", "gone.onnx") == 2
    assert "edge-train: no teacher model at gone.onnx" in capsys.readouterr().err
    assert not run_dir.exists()


def test_data_without_training_photos_give_one_line_and_exit_code_1(
    edge_train: Run, tmp_path: Path, lay_out: LayOut, capsys: pytest.CaptureFixture[str]
) -> None:
    data = lay_out(tmp_path / "data", {"plain": "30", "dark": "30"}, ("plain", "dark"))
    assert edge_train("fit", data, "--out", tmp_path / "run") == 1
    assert capsys.readouterr().err.splitlines()[-1].endswith("0 photos to train on and 2 to test on; both are needed")


def test_a_missing_checkpoint_is_reported(edge_train: Run, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge_train("evaluate", "gone.safetensors", shop) == 2
    assert "no checkpoint at gone.safetensors: train one with" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--epochs", "--batch-size", "--steps-per-epoch", "--validation-steps"])
@pytest.mark.parametrize("value", [0, -1])
def test_counts_below_one_are_wrong_usage(
    edge_train: Run, capsys: pytest.CaptureFixture[str], option: str, value: int
) -> None:
    assert edge_train("fit", "nowhere", "--out", "run", option, value) == 2
    assert option in capsys.readouterr().err.splitlines()[-1]


def test_the_package_runs_as_a_module_and_requires_a_command(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-m", "train"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "the following arguments are required: COMMAND" in ended.stderr
