"""Gets the engine of an ONNX file for this box's GPU: from the cache, or built and cached."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edge.ages.tensorrt.cache import EngineCache, EngineKey, obtain
from edge.ages.tensorrt.engine import LoadedEngine, build_engine, load_engine
from edge.errors import RunError, UsageError
from edge.language.system import system_words
from edge.language.words import words

if TYPE_CHECKING:
    from pathlib import Path

    from edge.ages.tensorrt.cuda import Cuda
    from edge.ages.tensorrt.library import Library

log = logging.getLogger(__name__)


class BoxEngine:
    """Builds, loads and caches the engine of one ONNX file."""

    def __init__(self, library: Library, file: Path, cache: Path, cuda: Cuda) -> None:
        """file: the ONNX file. cache: folder of the box's engines. Raises UsageError when the file cannot be read."""
        self.onnx = read_onnx(file)
        self.key = EngineKey.of(self.onnx, library.name, cuda.name, cuda.capability)
        self.store = EngineCache(cache)
        self._library, self._name = library, file.name

    def obtain(self) -> LoadedEngine:
        """Load the engine from the cache, or build it. Raises as `build` and `load` do."""
        loaded = obtain(self.store, self.key, lambda engine: load_engine(self._library, engine), self.build)
        return self._require(loaded)

    def build(self) -> bytes:
        """Build an engine, using the timings of earlier builds. Raises as `build_engine` does."""
        timings = self.store.read(self.key.timings)
        # TensorRT for RTX gets the GPU's capability, so that an unsupported GPU gives a clear error.
        capability = self.key.capability if self._library.rtx else None
        log.info("%s builds an engine from %s for %s", self._library.name, self._name, self.key.gpu)
        built = build_engine(self._library, self.onnx, self._name, capability=capability, timings=timings or b"")
        if built.timings not in (timings, b""):
            self.store.keep(self.key.timings, built.timings)
        return built.engine

    def load(self, engine: bytes) -> LoadedEngine:
        """Put an engine on the GPU. Raises RunError when it does not load."""
        return self._require(load_engine(self._library, engine))

    def _require(self, loaded: LoadedEngine | None) -> LoadedEngine:
        if loaded is None:
            raise RunError(
                words(
                    "{library} does not load the engine that it built: {error}",
                    library=self._library.name,
                    error=self._library.last_error,
                )
            )
        return loaded


def read_onnx(file: Path) -> bytes:
    """The content of an ONNX file. Raises UsageError when it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as problem:
        raise UsageError(words("cannot read {file}: {reason}", file=file, reason=system_words(problem))) from None
