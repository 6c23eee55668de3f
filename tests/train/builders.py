"""Makes pictures without files for a test, and the types of the fixtures that write files and run scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from train.pictures import HASH_WORDS, Pictures


class LayOut(Protocol):
    """Writes photos and labels: lay_out(folder, {"plain": "30"}, held_out=["plain"]) returns the folder."""

    def __call__(self, folder: Path, ages: dict[str, str], held_out: tuple[str, ...] = ()) -> Path: ...


class WithHashes(Protocol):
    """Makes a folder of labelled files whose faces are already in the cache, with given hashes: (data, cache)."""

    def __call__(self, name: str, hashes: np.ndarray, held_out: tuple[int, ...] = ()) -> tuple[Path, Path]: ...


class RunScript(Protocol):
    """Runs Python code in its own process: run_script(code, *arguments) returns its exit code, None if it hangs."""

    def __call__(self, code: str, *arguments: object) -> int | None: ...


def pictures_of(
    hashes: np.ndarray | None = None, ages: list[tuple[float, float]] | None = None, sources: str = ""
) -> Pictures:
    """Pictures without files: pictures_of(hashes=..., ages=..., sources=...)."""
    count = max(len(part) for part in (hashes, ages) if part is not None)
    return Pictures(
        np.array([Path(f"{row}.jpg") for row in range(count)], object),
        np.array(list(sources or "s" * count)),
        np.array(ages or [(30, 30)] * count, np.float32),
        np.zeros(count, bool),
        np.zeros((count, 4, 2), np.float32),
        np.zeros((count, HASH_WORDS), np.uint64) if hashes is None else hashes,
        np.zeros((count, HASH_WORDS), np.uint64),
        np.full(count, ""),
        np.full(count, ""),
    )
