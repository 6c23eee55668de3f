"""The GPU's table, as far as it can be tested without a GPU."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from edge.ages.tensorrt.cuda import Cuda
from edge.errors import UsageError
from tests.gpu.table import Row, table_of


def test_a_row_shows_speed_latency_and_shares_of_the_limits(capsys: pytest.CaptureFixture[str]) -> None:
    row = Row(8, np.array([2.0] * 99 + [4.0]))
    assert row.faces_per_s == pytest.approx(8 / 0.00202)
    table = table_of([row], "a card", flops=4e9, matrix_limit=100e12, copy_limit=20e9, caption="and its limits")
    Console(width=120).print(table)
    printed = capsys.readouterr().out
    for cell in ("a card", " 8 ", "3960", "2.00", "2.02", "15.8%", "3.0%", "and its limits"):
        assert cell in printed


def test_without_a_matrix_limit_its_column_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    Console(width=120).print(table_of([Row(1, np.ones(2))], "", 4e9, None, 20e9, ""))
    assert " - " in capsys.readouterr().out


def test_without_a_gpu_the_script_prints_one_line_and_exits_with_code_2() -> None:
    try:
        Cuda().close()
    except UsageError:
        done = subprocess.run(
            [Path(__file__).parent / "run.sh"],
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
            env=os.environ | {"PYTHON": sys.executable},
        )
        assert done.returncode == 2
        assert done.stdout == ""
        (line,) = done.stderr.splitlines()
        assert "NVIDIA GPU can be used here" in line or "cuda-bindings is not installed" in line
    else:
        pytest.skip("there is a GPU here")
