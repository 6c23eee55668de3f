"""Damaged recordings and photos never end the process. A short run; `make proof` runs a long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proof.media import results, write_seeds

pytestmark = pytest.mark.slow

FILES = 600


def test_no_damaged_recording_or_photo_ends_the_process_that_reads_it(tmp_path: Path) -> None:
    ends, broken = results(write_seeds(tmp_path), FILES, seed=0)
    assert broken == []
    assert sum(ends.values()) == FILES
    # The result means something only if files are damaged, and not so badly that they are rejected at once.
    assert min(ends[f"recording {end}"] for end in ("read", "rejected")) > FILES / 30
    assert min(ends[f"photo {end}"] for end in ("read", "unreadable")) > FILES / 30
