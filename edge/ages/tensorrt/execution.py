"""Runs an engine: buffers for the largest batch, and one CUDA graph for each profile."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.ages.tensorrt.contexts import Contexts
from edge.ages.tensorrt.description import AGE_PROBS, IMAGES
from edge.errors import RunError
from edge.language.words import Words, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edge.ages.tensorrt.cuda import Cuda
    from edge.ages.tensorrt.engine import LoadedEngine
    from edge.ages.tensorrt.library import Library

log = logging.getLogger(__name__)

WARM_UP_WITHIN_S = 60.0
"""The first run of a profile loads, and with TensorRT for RTX compiles, its kernels."""

_abandoned: set[Execution] = set()
"""Kept alive because their GPU does not answer: freeing their memory would wait for it."""


class Execution:
    """Runs crops through an engine. One thread at a time may use it."""

    def __init__(self, library: Library, loaded: LoadedEngine, cuda: Cuda, kernels: bytes | None = None) -> None:
        """kernels: as for `Contexts`. Raises RunError when the GPU has too little memory or fails."""
        self.description = loaded.description
        self._library, self._cuda = library, cuda
        self._run: list[Callable[[], None]] = []
        # A captured graph needs its context and engine to stay alive.
        self._alive: list[Any] = [loaded]
        largest = self.description.largest_batch
        self._images = cuda.host_memory((largest, *IMAGES.shape[1:]), np.uint8)
        self._age_probs = cuda.host_memory((largest, *AGE_PROBS.shape[1:]), np.float32)
        self._addresses = {
            IMAGES.name: cuda.device_memory(self._images.nbytes),
            AGE_PROBS.name: cuda.device_memory(self._age_probs.nbytes),
        }
        # Only one profile runs at a time, so all share the same memory.
        self._scratch_bytes = loaded.engine.device_memory_size_v2
        self._scratch = cuda.device_memory(max(self._scratch_bytes, 1))
        try:
            contexts = Contexts(library, loaded.engine, kernels)
            for profile in range(len(self.description.batches)):
                self._run.append(self._prepare(contexts, profile))
            self.kernels = contexts.kernels
        except BaseException:
            self.close()
            raise

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """crops: uint8 (N, 224, 224, 3). Returns a new array, float32 (N, 101). Only the N rows are copied.

        Raises RunError when the GPU fails or does not answer, ValueError for another shape or type.
        """
        if crops.shape[1:] != IMAGES.shape[1:] or crops.dtype != np.uint8:
            raise ValueError(
                f"crops are {crops.dtype} {crops.shape}, not uint8 (N, {', '.join(map(str, IMAGES.shape[1:]))})"
            )
        if not self._run:
            raise RunError(words("this model is closed: load it again"))
        results = np.empty((len(crops), *AGE_PROBS.shape[1:]), np.float32)
        for piece in self.description.pieces(len(crops)):
            size = piece.stop - piece.start
            self._images[:size] = crops[piece]
            self._cuda.upload(self._images[:size], self._addresses[IMAGES.name])
            self._run[self.description.profile_for(size)]()
            self._cuda.download(self._addresses[AGE_PROBS.name], self._age_probs[:size])
            self._cuda.wait()
            results[piece] = self._age_probs[:size]
        return results

    def close(self) -> None:
        """Release the GPU's memory. If the GPU does not answer, keep it instead, so that this returns at once."""
        self._run = []
        if not self._cuda.close():
            _abandoned.add(self)
            log.warning("the GPU does not answer: its memory is not released until the process ends")
            return
        while self._alive:
            self._alive.pop()  # the contexts, then their engine

    def _prepare(self, contexts: Contexts, profile: int) -> Callable[[], None]:
        """A function that runs a profile on the device buffers: a captured graph, or the context if capturing fails."""
        cuda, batch = self._cuda, self.description.batches[profile]
        context = contexts.make()
        self._require(context is not None, words("make an execution context"))
        self._alive.append(context)
        self._require(
            context.set_optimization_profile_async(profile, cuda.stream),
            words("use profile {profile}", profile=profile),
        )
        context.set_device_memory(self._scratch, self._scratch_bytes)
        self._require(
            context.set_input_shape(IMAGES.name, (batch, *IMAGES.shape[1:])),
            words("take a batch of {batch}", batch=batch),
        )
        for name, address in self._addresses.items():
            self._require(context.set_tensor_address(name, address), words("use memory for {name}", name=name))
        enqueue = partial(self._enqueue, context)
        # One-time work, such as loading kernels, must not become part of the graph.
        enqueue()
        cuda.wait(WARM_UP_WITHIN_S)
        if self._library.rtx and not context.is_stream_capturable(cuda.stream):
            log.warning(
                "%s: the engine cannot be captured for a batch of %d and runs slower", self._library.name, batch
            )
            return enqueue
        return partial(cuda.launch, cuda.capture(enqueue))

    def _enqueue(self, context: Any) -> None:
        self._require(context.execute_async_v3(self._cuda.stream), words("run the engine"))

    def _require(self, done: bool, what: Words) -> None:
        if not done:
            raise RunError(
                words(
                    "{library} could not {action}: {error}",
                    library=self._library.name,
                    action=what,
                    error=self._library.last_error,
                )
            )
