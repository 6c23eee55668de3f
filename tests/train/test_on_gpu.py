"""The script for a machine with a GPU trains from a pack, also on the processor, and then measures the card."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.train.builders import LayOut
from tests.train.conftest import MIRRORED, UPRIGHT
from train.data import split
from train.pack import write_pack

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(torch.cuda.is_available(), reason="tests/gpu/run.sh runs the tests of this machine's GPU"),
]
SCRIPT = Path(__file__).parents[2] / "train" / "on_gpu.sh"


@pytest.fixture
def pack(lay_out: LayOut, tmp_path: Path) -> Path:
    """60 photos of `bands/`, of which some are for validation: copies of eight, as if everybody were another person."""
    photos, test = split(lay_out(tmp_path / "bands", dict.fromkeys((*UPRIGHT, *MIRRORED), "30"), MIRRORED))
    copies = photos[np.arange(60) % len(photos)]
    hashes = np.random.default_rng(1).integers(0, 2**63, copies.hashes.shape, np.uint64)
    others = replace(copies, hashes=hashes, picture_hashes=hashes)
    assert write_pack(others, test, tmp_path / "photos.pack") == 60 + len(test)
    return tmp_path / "photos.pack"


def test_it_trains_the_model_for_shops_and_resumes(pack: Path, tmp_path: Path) -> None:
    out, log = tmp_path / "out", tmp_path / "out" / "open" / "log.jsonl"
    environment = os.environ | {"PYTHON": sys.executable, "PASSES": "1", "BATCH": "32"}
    for _ in ("started", "resumed"):
        done = subprocess.run(
            [SCRIPT, pack, out], env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode == 2, done.stderr  # trained, but there is no GPU to measure
        assert "GPU" in done.stderr or "cuda-bindings" in done.stderr
        assert (out / "open" / "last.safetensors").is_file()
        assert len(log.read_text().splitlines()) == 1
