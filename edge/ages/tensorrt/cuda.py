"""The part of CUDA that running an engine needs: memory, one stream, copies, graphs, and a wait with a time limit."""

from __future__ import annotations

import ctypes
import importlib
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.errors import RunError, UsageError
from edge.language.words import verbatim, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike, NDArray

GPU_WITHIN_S = 0.5
"""A GPU that takes longer is broken: the largest batch takes hundredths of a second. The CPU then still has half a
second to answer within one second."""

POLL_S = 50e-6
"""The wait sleeps instead of spinning, because the detector needs the CPU core."""

MODULES = ("cuda.bindings.runtime", "cuda.cudart")
"""Modules of CUDA's runtime in cuda-bindings; before release 12.6 it was in cuda-python, under the second name."""


class Cuda:
    """The first GPU that CUDA lists, with one stream. One thread at a time may use it."""

    def __init__(self) -> None:
        """Raises UsageError when CUDA or a GPU is missing."""
        self._runtime = _runtime()
        self._memory: list[tuple[str, int]] = []
        self._graphs: list[Any] = []
        self._stream: Any = None
        self._hangs = False
        try:
            if not self._call("cudaGetDeviceCount"):
                raise RunError(verbatim("cudaErrorNoDevice"))
        except (RunError, RuntimeError) as problem:  # RuntimeError: older bindings without any driver
            raise UsageError(
                words(
                    "no NVIDIA GPU can be used here ({problem}): install a current NVIDIA driver, or run on the CPU",
                    problem=problem,
                )
            ) from None
        attributes = self._runtime.cudaDeviceAttr
        major = self._call("cudaDeviceGetAttribute", attributes.cudaDevAttrComputeCapabilityMajor, 0)
        minor = self._call("cudaDeviceGetAttribute", attributes.cudaDevAttrComputeCapabilityMinor, 0)
        self.capability = f"{major}.{minor}"
        """Compute capability, like "8.9"."""
        self.name = self._call("cudaGetDeviceProperties", 0).name.decode().rstrip("\0")
        """The driver's name of the GPU."""
        # This stream does not wait for the default one, which other code in this process may use.
        self._stream = self._call("cudaStreamCreateWithFlags", self._runtime.cudaStreamNonBlocking)

    @property
    def stream(self) -> int:
        """The stream's handle, for TensorRT."""
        return int(self._stream)

    def device_memory(self, size: int) -> int:
        """Allocate `size` bytes on the GPU, until `close`. Returns their address."""
        address = int(self._call("cudaMalloc", size))
        self._memory.append(("cudaFree", address))
        return address

    def host_memory(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array in pinned memory, until `close`: do not use it afterwards."""
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        address = int(self._call("cudaHostAlloc", size, self._runtime.cudaHostAllocDefault))
        self._memory.append(("cudaFreeHost", address))
        memory = memoryview((ctypes.c_ubyte * size).from_address(address))
        return np.frombuffer(memory, np.dtype(dtype)).reshape(shape)

    def upload(self, host: NDArray[Any], device: int) -> None:
        """Start copying a contiguous array of `host_memory` to the GPU."""
        kind = self._runtime.cudaMemcpyKind.cudaMemcpyHostToDevice
        self._call("cudaMemcpyAsync", device, host.ctypes.data, host.nbytes, kind, self._stream)

    def download(self, device: int, host: NDArray[Any]) -> None:
        """Start copying from the GPU into a contiguous array of `host_memory`."""
        kind = self._runtime.cudaMemcpyKind.cudaMemcpyDeviceToHost
        self._call("cudaMemcpyAsync", host.ctypes.data, device, host.nbytes, kind, self._stream)

    def capture(self, work: Callable[[], None]) -> Any:
        """Record the work that `work` puts on the stream, without running it, as a graph for `launch`."""
        # Other threads may use CUDA meanwhile.
        mode = self._runtime.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal
        self._call("cudaStreamBeginCapture", self._stream, mode)
        try:
            work()
        except BaseException:
            self._runtime.cudaStreamEndCapture(self._stream)
            raise
        captured = self._call("cudaStreamEndCapture", self._stream)
        graph = self._call("cudaGraphInstantiate", captured, 0)
        self._graphs.append(graph)
        self._call("cudaGraphDestroy", captured)
        return graph

    def launch(self, graph: Any) -> None:
        """Start running a captured graph."""
        self._call("cudaGraphLaunch", graph, self._stream)

    def wait(self, limit_s: float = GPU_WITHIN_S) -> None:
        """Wait until all started work is done. Raises RunError when that takes longer than `limit_s`, or it failed."""
        deadline_s = time.monotonic() + limit_s
        self._hangs = False
        while self.busy:
            if time.monotonic() >= deadline_s:
                self._hangs = True
                raise RunError(
                    words("the GPU did not answer within {limit_s:g} s: {gpu}", limit_s=limit_s, gpu=self.name)
                )
            time.sleep(POLL_S)

    @property
    def busy(self) -> bool:
        """Whether started work is unfinished. Raises RunError when it failed."""
        code, *_ = self._runtime.cudaStreamQuery(self._stream)
        if code == self._runtime.cudaError_t.cudaErrorNotReady:
            return True
        self._check(code, "cudaStreamQuery")
        return False

    def close(self) -> bool:
        """Release everything. False when the GPU hangs: then nothing is released, since CUDA would wait for the GPU."""
        if self._stream is not None:
            with suppress(RunError):  # failed work is finished, too
                self.wait(0 if self._hangs else GPU_WITHIN_S)
        if self._hangs:
            return False
        for graph in self._graphs:
            self._try("cudaGraphExecDestroy", graph)
        for free, address in self._memory:
            self._try(free, address)
        if self._stream is not None:
            self._try("cudaStreamDestroy", self._stream)
        self._graphs, self._memory, self._stream = [], [], None
        return True

    def _try(self, function: str, *arguments: Any) -> None:
        with suppress(RunError):  # after an error, CUDA releases nothing and reports the error at every call
            self._call(function, *arguments)

    def _call(self, function: str, *arguments: Any) -> Any:
        """Call a CUDA function and return its result. Raises RunError with CUDA's name of the error."""
        code, *results = getattr(self._runtime, function)(*arguments)
        self._check(code, function)
        return results[0] if results else None

    def _check(self, code: Any, function: str) -> None:
        if code != self._runtime.cudaError_t.cudaSuccess:
            self._runtime.cudaGetLastError()  # otherwise the next caller would get this error again
            raise RunError(words("{function} failed: {error}", function=function, error=code.name))


def _runtime() -> Any:
    for name in MODULES:
        with suppress(ModuleNotFoundError):
            return importlib.import_module(name)
    raise UsageError(
        words("{package} is not installed: pip install 'edge-agent[{extra}]'", package="cuda-bindings", extra="gpu")
    )
