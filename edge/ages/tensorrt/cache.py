"""The box's cache of engines, by what they were built from and for. A damaged engine is built again."""

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
    """What an engine was built from, with and for. The file is named after it: a new key needs a new engine."""

    onnx: str
    """The first 12 digits of the ONNX file's sha256."""

    library: str
    gpu: str
    """Name of the GPU; `ANY_GPU` for all GPUs with the compute capability."""

    capability: str

    @classmethod
    def of(cls, onnx: bytes, library: str, gpu: str, capability: str) -> EngineKey:
        """onnx: the content of the file. library, gpu: their names, such as "TensorRT 10.3.0"."""
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
        """Name of the file of an engine that was built in advance for all GPUs of the compute capability."""
        return replace(self, gpu=ANY_GPU).engine

    @property
    def timings(self) -> str:
        """Name of the file of TensorRT's timings, which are valid for every ONNX file."""
        return f"{self.library}_{self.gpu}_{self.capability}.timings"

    @property
    def kernels(self) -> str:
        """Name of the file of the kernels that TensorRT for RTX compiled while running the engine."""
        return f"{self.text}.kernels"


class EngineCache:
    """Files in one folder, each preceded by its checksum. Several processes may use the folder at once."""

    def __init__(self, folder: Path) -> None:
        """folder: created at the first write."""
        self.folder = folder

    def read(self, name: str) -> bytes | None:
        """The content of a file; None when it does not exist, or when it is damaged or unreadable, which is logged."""
        try:
            content = (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as problem:
            log.warning("cannot read %s (%s): it is ignored", self.folder / name, problem.strerror)
            return None
        digest, kept = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(kept).digest() != digest:
            log.warning("%s is damaged: it is ignored", self.folder / name)
            return None
        return kept

    def write(self, name: str, content: bytes) -> Path:
        """Write a file atomically. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Readable for all: the user who builds need not be the user who runs the lane.
        with replacing(self.folder / name, mode=0o644) as draft:
            draft.write_bytes(hashlib.sha256(content).digest() + content)
        return self.folder / name

    def remove_older(self, name: str) -> None:
        """Remove the files that `name` replaces: those of the same kind and GPU with other keys."""
        path = self.folder / name
        gpu = "_".join(path.stem.split("_")[-2:])
        older = [file for file in self.folder.glob(f"*_{gpu}{path.suffix}") if file != path]
        abandoned_s = time.time() - ABANDONED_AFTER_S
        with suppress(OSError):  # another process may have removed them already
            for file in (*older, *self.folder.glob(f"*{PARTIAL}")):
                if file.suffix != PARTIAL or file.stat().st_mtime < abandoned_s:
                    file.unlink()

    def keep(self, name: str, content: bytes) -> None:
        """Write a file for the next start, and remove older ones. Logs a failure instead of raising."""
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
    """The engine from the cache; if it is missing or does not load, a new engine, which is then cached.

    load: puts an engine on the GPU, or returns None. Returns None when not even the new engine loads.
    """
    for name in (key.engine, key.engine_for_any_gpu):
        kept = cache.read(name)
        if kept is not None:
            loaded = load(kept)
            if loaded is not None:
                return loaded
            log.warning("%s does not load: a new engine is built", cache.folder / name)
    built = build()
    loaded = load(built)
    if loaded is not None:
        cache.keep(key.engine, built)
    return loaded


def _slug(text: str) -> str:
    """Lower-case letters, digits and points; hyphens for everything else, since underscores separate a key's parts."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-")
