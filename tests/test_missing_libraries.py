"""A system without the libraries that OpenCV and mediapipe load: one line that names the packages, and no traceback."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path("/usr/lib/x86_64-linux-gnu")
PACKAGES = "on Debian and Ubuntu: sudo apt-get install libgl1 libegl1 libgles2 libglib2.0-0"

RunWithout = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_without(tmp_path: Path) -> RunWithout:
    """Runs a command while a library is hidden from it alone: in a mount namespace, with a layer over the folder."""
    hidden = f"mount -t tmpfs none {tmp_path} && cd {tmp_path} && mkdir up work && "
    hidden += f"mount -t overlay -o lowerdir={FOLDER},upperdir=up,workdir=work none {FOLDER} && cd / && "
    if (
        not shutil.which("unshare")
        or subprocess.run(
            ["unshare", "--mount", "sh", "-c", f"{hidden} true"], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("only root can hide a library")

    def run(library: str, *words: object) -> subprocess.CompletedProcess[str]:
        if not (FOLDER / library).exists():
            pytest.skip(f"{library} is not in {FOLDER}")
        script = f'{hidden} rm {FOLDER / library} && cd "$0" && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", script, str(Path.cwd()), sys.executable, *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    return run


def assert_named(run: subprocess.CompletedProcess[str], library: str) -> None:
    assert run.stderr.strip().endswith(f": {library} is not installed: {PACKAGES}"), run.stderr
    assert len(run.stderr.strip().splitlines()) == 1, run.stderr
    assert (run.returncode, run.stdout) == (2, "")


@pytest.mark.parametrize("library", ["libGL.so.1", "libgthread-2.0.so.0", "libGLESv2.so.2", "libEGL.so.1"])
def test_a_lane_names_the_missing_library(library: str, run_without: RunWithout, demo_clip: Path) -> None:
    assert_named(run_without(library, "-m", "edge", "--video", demo_clip, "--replay"), library)


def test_every_command_that_reads_pictures_names_it(run_without: RunWithout, demo_clip: Path) -> None:
    commands = (
        ("edge", "predict", demo_clip),
        ("edge", "bench", demo_clip),
        ("edge", "doctor", "--camera", "test:"),
        ("edge.demo",),
        ("edge.demo", demo_clip),
    )
    for words in commands:
        assert_named(run_without("libGL.so.1", "-m", *words), "libGL.so.1")


def test_commands_that_read_no_picture_need_none_of_them(run_without: RunWithout) -> None:
    for words in (("--version",), ("--help",)):
        assert run_without("libGL.so.1", "-m", "edge", *words).returncode == 0
