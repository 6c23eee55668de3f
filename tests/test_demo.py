"""`make demo` end to end: the agent in one process, the till in another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge.demo.clip import EMPTY_S, STAND_S, WALK_S
from tests.clips import write_looped
from tests.soak.agent import RATE, pictures_of

pytestmark = pytest.mark.slow


def demo(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge.demo", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_the_demo_draws_a_clip_and_prints_a_sale() -> None:
    done = demo()
    assert done.returncode == 0, done.stderr
    for line in ("till: connected", "beer scanned", "sale closed"):
        assert line in done.stdout
    assert "Traceback" not in done.stderr


def test_the_demo_of_an_own_clip_prints_what_the_customer_looks_like(demo_clip: Path, tmp_path: Path) -> None:
    # The customer stays for so long that a busy machine scans beer before.
    stands = round((EMPTY_S + WALK_S) * RATE), round((EMPTY_S + WALK_S + STAND_S) * RATE)
    write_looped(tmp_path / "clip.mp4", pictures_of(demo_clip)[slice(*stands)], RATE, 30)
    done = demo(tmp_path / "clip.mp4")
    assert done.returncode == 0, done.stderr
    for line in ("sale closed", "asks below", "looks"):
        assert line in done.stdout


def test_a_missing_clip_is_an_error_in_one_line() -> None:
    done = demo("gone.mp4")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no video at gone.mp4: make demo CLIP=" in done.stderr
