"""Build TensorRT engines from a bundle, for this box's GPU or ahead of time for others, without PyTorch or ONNX."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.ages.tensorrt.box import BoxEngine, read_onnx
from edge.ages.tensorrt.cache import ANY_GPU, EngineCache, EngineKey
from edge.ages.tensorrt.cuda import Cuda
from edge.ages.tensorrt.engine import build_engine
from edge.ages.tensorrt.library import find_library, find_rtx
from edge.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edge.ages.bundle import Bundle


@dataclass(frozen=True)
class WrittenEngine:
    """seconds: build time."""

    file: Path
    key: EngineKey
    seconds: float

    def __str__(self) -> str:
        return f"{self.file}: {self.file.stat().st_size / 1e6:.1f} MB in {self.seconds:.1f} s, key {self.key.text}"


def write_engine(bundle: Bundle, cache: Path) -> WrittenEngine:
    """Build an engine for this box's GPU and store it in the cache folder, in place of an older one.

    Raises UsageError if TensorRT or a GPU is missing, RunError if the engine cannot be built, loaded or written.
    """
    library = find_library()
    cuda = Cuda()
    try:
        engine = BoxEngine(library, bundle.gpu_model, cache, cuda)
        start_s = time.perf_counter()
        built = engine.build()
        seconds = time.perf_counter() - start_s
        engine.load(built)
        file = _write(engine.store, engine.key, built)
        engine.store.remove_older(engine.key.engine)
    finally:
        cuda.close()
    return WrittenEngine(file, engine.key, seconds)


def write_engines_ahead(bundle: Bundle, capabilities: Sequence[str], out: Path) -> Iterator[WrittenEngine]:
    """Build one engine for each compute capability with TensorRT for RTX, which needs no GPU. out: folder for the
    engines; it can be copied to a box as its cache. Raises UsageError for an unknown compute capability."""
    library = find_rtx()
    onnx = read_onnx(bundle.gpu_model)
    for capability in capabilities:
        start_s = time.perf_counter()
        built = build_engine(library, onnx, bundle.gpu_model.name, capability=capability)
        seconds = time.perf_counter() - start_s
        key = EngineKey.of(onnx, library.name, ANY_GPU, capability)
        yield WrittenEngine(_write(EngineCache(out), key, built.engine), key, seconds)


def _write(store: EngineCache, key: EngineKey, engine: bytes) -> Path:
    try:
        return store.write(key.engine, engine)
    except OSError as problem:
        raise RunError(f"cannot write {store.folder / key.engine}: {problem.strerror}") from None
