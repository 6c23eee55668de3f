"""The script that makes the model for shops runs commands that exist, in an order in which each finds its input."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import export.cli
import train.cli

SCRIPT = Path(__file__).parents[2] / "train" / "open.sh"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Notes its arguments in `commands`, one command a line, instead of running for hours."""
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/commands"\n')
    program.chmod(0o755)
    return program


def commands(python: Path, *arguments: object) -> list[list[str]]:
    environment = os.environ | {"PYTHON": str(python), "PASSES": "6"}
    subprocess.run([SCRIPT, *map(str, arguments)], env=environment, check=True, timeout=180)
    return [line.split() for line in (python.parent / "commands").read_text().splitlines()]


def test_each_command_reads_what_the_one_before_has_made(python: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = commands(python, "DATA", out)
    assert [(line[1], line[2]) for line in found] == [
        ("train", "pack"), ("train", "fit"), ("export", "bundle"), ("train", "evaluate"),
    ]  # fmt: skip
    pack, fit, bundle, evaluate = (
        (train.cli if line[1] == "train" else export.cli).command_parser().parse_args(line[2:]) for line in found
    )
    assert (fit.data, fit.sources, fit.recipe, fit.epochs) == (pack.out, ["bands"], Path("open"), 6)
    assert bundle.checkpoint == fit.out / "last.safetensors"
    assert (bundle.data, bundle.name) == (pack.data, "open")
    assert (evaluate.model, evaluate.data) == (bundle.out, pack.data)


def test_a_pack_is_made_once(python: Path, tmp_path: Path) -> None:
    (tmp_path / "photos.pack").touch()
    assert [line[2] for line in commands(python, "DATA", tmp_path)] == ["fit", "bundle", "evaluate"]


def test_a_missing_folder_is_named(python: Path) -> None:
    failed = subprocess.run(
        [SCRIPT, "DATA"],
        env=os.environ | {"PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert failed.returncode != 0
    assert "OUT is missing: train/open.sh DATA OUT" in failed.stderr
