"""Libraries of npm that tests need: installed once, beside the package.json that names their version."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest


def installed(folder: Path, library: str) -> Path:
    """The folder of a library that `package.json` in `folder` names. Skips the test when it cannot be installed."""
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("npm is not installed")
    found = folder / "node_modules" / library
    wanted = json.loads((folder / "package.json").read_text())["dependencies"][library]
    manifest = found / "package.json"
    if not manifest.exists() or json.loads(manifest.read_text())["version"] != wanted:
        done = subprocess.run([npm, "install"], cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            pytest.skip(f"npm cannot fetch {library} {wanted}: {done.stderr.strip().splitlines()[-1:]}")
    return found
