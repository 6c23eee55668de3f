"""The wheel, installed in an environment without the checkout, replays a recording as the checkout does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.commands import Replay

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PACKAGES = ("edge", "export", "train")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources, so that nothing is written into the checkout."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-build-isolation"]
    subprocess.run([*pip, "--no-deps", "--quiet", "--wheel-dir", str(out), str(source)], check=True, timeout=600)
    (file,) = out.iterdir()
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel, and with the installed dependencies but not the checkout; its bin folder."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    scheme = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", scheme))
    # Only the folder is added: its own .pth files, which may name the checkout, are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", "--ignore-installed", str(wheel)], check=True, timeout=300)
    return folder / "bin"


def run(command: list[str | Path], folder: Path) -> str:
    """The output of a command that knows no environment variables of Python, in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_has_every_file_of_the_packages_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}
    source = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".md"
    }
    assert source - files == set()
    assert {name.partition("/")[0] for name in files} == set(PACKAGES)


def test_installed_alone_it_replays_a_recording_as_the_checkout_does(
    installed: Path, recordings: Path, replay: Replay, tmp_path: Path
) -> None:
    where = run([installed / "python", "-c", "import edge, export, train; print(edge.__file__)"], tmp_path)
    assert Path(where.strip()).is_relative_to(installed.parent)
    recording = recordings / "again.mkv"
    events = run([installed / "edge-agent", "--video", recording, "--replay", "--events", "-"], tmp_path)
    assert events == replay(recording).out
    assert list(tmp_path.iterdir()) == []
