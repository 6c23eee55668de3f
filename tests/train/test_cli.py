"""The command `edge-train`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from train.cli import main

Run = Callable[..., int]


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


def test_fit_leaves_a_checkpoint_that_evaluate_judges(
    edge_train: Run, shop: Path, run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = ["--epochs", 1, "--steps-per-epoch", 1, "--batch-size", 2, "--validation-steps", 1]
    assert edge_train("fit", shop, "--out", run_dir, *sizes) == 0
    assert sorted(path.name for path in run_dir.iterdir()) == ["last.safetensors", "log.jsonl", "tensorboard"]
    capsys.readouterr()
    assert edge_train("evaluate", run_dir / "last.safetensors", shop) == 0
    scores = json.loads(capsys.readouterr().out)
    assert list(scores) == ["shop"]
    assert scores["shop"]["pictures"] == 3
    assert 0 < scores["shop"]["mean_error_years"] < 101


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fit", "nowhere", "--out", "run"), "no labels.csv in nowhere or in its folders"),
        (("evaluate", "gone.safetensors", "nowhere"), "no checkpoint at gone.safetensors: train one with"),
    ],
)
def test_what_a_user_can_mend_ends_in_one_line_and_exit_code_2(
    edge_train: Run, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert edge_train(*arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"edge-train: {message}")


def test_a_missing_teacher_ends_in_exit_code_2_before_anything_is_trained(
    edge_train: Run, shop: Path, run_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert edge_train("fit", shop, "--out", run_dir, "--teacher", "gone.onnx") == 2
    assert "edge-train: no teacher model at gone.onnx" in capsys.readouterr().err
    assert not run_dir.exists()


def test_data_with_nothing_to_test_on_ends_in_one_line_and_exit_code_1(
    edge_train: Run, tmp_path: Path, lay_out: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    data = lay_out(tmp_path / "data", {"plain": "30", "dark": "30"}, ("plain", "dark"))
    assert edge_train("fit", data, "--out", tmp_path / "run") == 1
    assert capsys.readouterr().err.splitlines()[-1].endswith("0 photos to train on and 2 to test on; both are needed")


@pytest.mark.parametrize("option", ["--epochs", "--batch-size", "--steps-per-epoch", "--validation-steps"])
@pytest.mark.parametrize("value", [0, -1])
def test_counts_below_one_are_wrong_usage(
    edge_train: Run, capsys: pytest.CaptureFixture[str], option: str, value: int
) -> None:
    assert edge_train("fit", "nowhere", "--out", "run", option, value) == 2
    assert option in capsys.readouterr().err.splitlines()[-1]


def test_the_package_runs_as_a_module_and_asks_for_a_command(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-m", "train"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "the following arguments are required: command" in ended.stderr
