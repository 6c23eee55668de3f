"""The box's store of engines: found again by what they were built from and for, rebuilt when anything is wrong."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from edge.settings.files import PARTIAL, replacing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

log = logging.getLogger(__name__)

DIGEST_BYTES = 32
ABANDONED_AFTER_S = 3600.0
ANY_GPU = "any"


@dataclass(frozen=True)
class EngineKey:
    """What an engine was built from, with and for. It is the name of the engine's file: a new key is a new engine."""

    onnx: str
    """The first 12 digits of the ONNX file's sha256."""

    library: str
    gpu: str
    """Name of the GPU, `ANY_GPU` for all with that compute capability."""

    capability: str

    @classmethod
    def of(cls, onnx: bytes, library: str, gpu: str, capability: str) -> EngineKey:
        """onnx: the content of the file. library, gpu: as people write them."""
        return cls(hashlib.sha256(onnx).hexdigest()[:12], _slug(library), _slug(gpu), capability)

    @property
    def text(self) -> str:
        return f"{self.onnx}_{self.library}_{self.gpu}_{self.capability}"

    @property
    def engine(self) -> str:
        """Name of the engine's file."""
        return f"{self.text}.engine"

    @property
    def engine_for_any_gpu(self) -> str:
        """Name of the file of an engine that was built ahead of time for all GPUs of the compute capability."""
        return replace(self, gpu=ANY_GPU).engine

    @property
    def timings(self) -> str:
        """Name of the file of TensorRT's timings, which serve every ONNX file."""
        return f"{self.library}_{self.gpu}_{self.capability}.timings"

    @property
    def kernels(self) -> str:
        """Name of the file of the kernels that TensorRT for RTX compiled when it ran the engine."""
        return f"{self.text}.kernels"


class EngineCache:
    """Files in one folder, each with its own checksum in front. Several processes may use the folder at once."""

    def __init__(self, folder: Path) -> None:
        """folder: made when something is written."""
        self.folder = folder

    def read(self, name: str) -> bytes | None:
        """What is in a file; None when there is no such file, or, which is logged, when it is damaged or unreadable."""
        try:
            content = (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            log.warning("cannot read %s (%s): doing without", self.folder / name, problem.strerror)
            return None
        digest, kept = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(kept).digest() != digest:
            log.warning("%s is damaged: doing without", self.folder / name)
            return None
        return kept

    def write(self, name: str, content: bytes) -> Path:
        """Write a file whole or not at all. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Readable for all: the user who builds need not be the user who runs the lane.
        with replacing(self.folder / name, mode=0o644) as draft:
            draft.write_bytes(hashlib.sha256(content).digest() + content)
        return self.folder / name

    def remove_older(self, name: str) -> None:
        """Remove the files that `name` takes the place of: those of the same kind and GPU under other keys."""
        path = self.folder / name
        gpu = "_".join(path.stem.split("_")[-2:])
        older = [file for file in self.folder.glob(f"*_{gpu}{path.suffix}") if file != path]
        abandoned_s = time.time() - ABANDONED_AFTER_S
        with suppress(OSError):  # another process may have been quicker
            for file in (*older, *self.folder.glob(f"*{PARTIAL}")):
                if file.suffix != PARTIAL or file.stat().st_mtime < abandoned_s:
                    file.unlink()

    def keep(self, name: str, content: bytes) -> None:
        """Write a file for the next start, in place of older ones. A folder that cannot be written costs only that."""
        try:
            self.write(name, content)
        except OSError as problem:
            log.warning(
                "cannot write %s (%s): it is made again at the next start", self.folder / name, problem.strerror
            )
            return
        self.remove_older(name)


def obtain(
    cache: EngineCache, key: EngineKey, load: Callable[[bytes], T | None], build: Callable[[], bytes]
) -> T | None:
    """The engine from the cache; else, and when it does not load, a new one, which is then kept.

    load: puts an engine on the GPU, or says None. Returns None when not even the new one loads.
    """
    for name in (key.engine, key.engine_for_any_gpu):
        kept = cache.read(name)
        if kept is not None:
            loaded = load(kept)
            if loaded is not None:
                return loaded
            log.warning("%s does not load: an engine is built", cache.folder / name)
    built = build()
    loaded = load(built)
    if loaded is not None:
        cache.keep(key.engine, built)
    return loaded


def _slug(text: str) -> str:
    """Small letters, digits and points, with hyphens for all else: no key holds an underscore but between its parts."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-")
