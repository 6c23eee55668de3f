"""`make demo` end to end: the agent in one process, the till in another."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_the_demo_prints_a_sale_and_its_answer() -> None:
    command = [sys.executable, "-m", "edge.demo"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    for line in ("till: connected", "beer scanned", "sale closed", "asks below", "looks"):
        assert line in done.stdout
    assert "Traceback" not in done.stderr


def test_a_missing_clip_is_an_error_in_one_line() -> None:
    command = [sys.executable, "-m", "edge.demo", "gone.mp4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no video at gone.mp4: make demo CLIP=" in done.stderr
