"""A simulated GPU: CUDA's functions in host memory, and a recorded engine whose contexts compute with ONNX Runtime.

All code between the two is the product's own."""

# ruff: noqa: N802, N815

from __future__ import annotations

import ctypes
import enum
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from edge.ages.onnx import OnnxAgeModel
from edge.ages.tensorrt.description import EngineDescription
from edge.ages.tensorrt.library import Library

Results = tuple[object, ...]
"""What a function of CUDA's bindings returns: the code of the error, then its results."""

Graph = list[Callable[[], object]]


def host_library(*, rtx: bool = False, last_error: str = "") -> Library:
    """The part of TensorRT, or TensorRT for RTX, that running an engine needs."""
    module = SimpleNamespace(
        ExecutionContextAllocationStrategy=SimpleNamespace(USER_MANAGED="ours"),
        DynamicShapesKernelSpecializationStrategy=SimpleNamespace(EAGER="eager"),
    )
    return Library(module, rtx, "1.7.1" if rtx else "10.3.0", SimpleNamespace(last_error=last_error))


class HostRuntime:
    """CUDA's runtime. Work on the stream is done at the second query of the stream."""

    cudaStreamNonBlocking = 1
    cudaHostAllocDefault = 0
    cudaDeviceAttr = enum.IntEnum(
        "cudaDeviceAttr", {"cudaDevAttrComputeCapabilityMajor": 75, "cudaDevAttrComputeCapabilityMinor": 76}
    )
    cudaMemcpyKind = enum.IntEnum("cudaMemcpyKind", {"cudaMemcpyHostToDevice": 1, "cudaMemcpyDeviceToHost": 2})
    cudaStreamCaptureMode = enum.IntEnum("cudaStreamCaptureMode", {"cudaStreamCaptureModeThreadLocal": 1})
    cudaError_t = enum.IntEnum(
        "cudaError_t",
        {
            "cudaSuccess": 0, "cudaErrorMemoryAllocation": 2, "cudaErrorInsufficientDriver": 35,
            "cudaErrorNoDevice": 100, "cudaErrorNotReady": 600, "cudaErrorIllegalAddress": 700,
        },
    )  # fmt: skip

    def __init__(self) -> None:
        self._fails: dict[str, str] = {}
        self._hangs = False
        self._allocated: dict[int, ctypes.Array[ctypes.c_ubyte]] = {}
        self._pending: Graph = []
        self._queried = False
        self._captured: Graph | None = None
        self._graphs: list[Graph] = []
        self._launched: list[int] = []
        self._copied: list[tuple[str, int]] = []

    def _begin(self, work: Callable[[], object]) -> None:
        (self._pending if self._captured is None else self._captured).append(work)

    def __getattribute__(self, name: str) -> object:
        function = super().__getattribute__(name)
        failure = super().__getattribute__("_fails").get(name) if name.startswith("cuda") else None
        return (lambda *_: (self.cudaError_t[failure], None)) if failure else function

    def _done(self, *results: object) -> Results:
        return (self.cudaError_t.cudaSuccess, *results)

    def cudaGetDeviceCount(self) -> Results:
        return self._done(1)

    def cudaGetLastError(self) -> Results:
        return self._done()

    def cudaDeviceGetAttribute(self, attribute: int, device: int) -> Results:
        return self._done({75: 8, 76: 9}[attribute])

    def cudaGetDeviceProperties(self, device: int) -> Results:
        return self._done(SimpleNamespace(name=b"NVIDIA RTX 2000 Ada\0\0"))

    def cudaStreamCreateWithFlags(self, flags: int) -> Results:
        return self._done(7)

    def cudaStreamDestroy(self, stream: int) -> Results:
        return self._done()

    def _allocate(self, size: int) -> Results:
        memory = (ctypes.c_ubyte * size)()
        self._allocated[ctypes.addressof(memory)] = memory
        return self._done(ctypes.addressof(memory))

    def cudaMalloc(self, size: int) -> Results:
        return self._allocate(size)

    def cudaHostAlloc(self, size: int, flags: int) -> Results:
        return self._allocate(size)

    def cudaFree(self, address: int) -> Results:
        del self._allocated[address]
        return self._done()

    cudaFreeHost = cudaFree

    def cudaMemcpyAsync(self, to: int, source: int, size: int, kind: enum.IntEnum, stream: int) -> Results:
        self._copied.append((kind.name.removeprefix("cudaMemcpy"), size))
        self._begin(lambda: ctypes.memmove(to, source, size))
        return self._done()

    def cudaStreamBeginCapture(self, stream: int, mode: enum.IntEnum) -> Results:
        self._captured = []
        return self._done()

    def cudaStreamEndCapture(self, stream: int) -> Results:
        captured, self._captured = self._captured, None
        return self._done(captured)

    def cudaGraphInstantiate(self, graph: Graph, flags: int) -> Results:
        self._graphs.append(graph)
        return self._done(graph)

    def cudaGraphDestroy(self, graph: Graph) -> Results:
        return self._done()

    def cudaGraphExecDestroy(self, graph: Graph) -> Results:
        return self._done()

    def cudaGraphLaunch(self, graph: Graph, stream: int) -> Results:
        self._launched.append(self._graphs.index(graph))
        for work in graph:
            self._begin(work)
        return self._done()

    def cudaStreamQuery(self, stream: int) -> Results:
        if self._hangs or (self._pending and not self._queried):
            self._queried = True
            return (self.cudaError_t.cudaErrorNotReady,)
        self._queried = False
        while self._pending:
            self._pending.pop(0)()
        return self._done()


class HostContext:
    """An execution context that computes with ONNX Runtime."""

    def __init__(self, engine: HostEngine) -> None:
        self._engine = engine
        self._addresses: dict[str, int] = {}

    def set_optimization_profile_async(self, profile: int, stream: int) -> bool:
        self._batch = self._engine._description.batches[profile]
        return True

    def set_device_memory(self, address: int, size: int) -> None:
        assert size == self._engine.device_memory_size_v2

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        return shape == (self._batch, *self._engine._description.inputs[0].shape[1:])

    def set_tensor_address(self, name: str, address: int) -> bool:
        self._addresses[name] = address
        return True

    def is_stream_capturable(self, stream: int) -> bool:
        return self._engine._capturable

    def execute_async_v3(self, stream: int) -> bool:
        self._engine._runtime._begin(self._compute)
        return self._engine._runs

    def _compute(self) -> None:
        crops = np.empty((self._batch, 224, 224, 3), np.uint8)
        ctypes.memmove(crops.ctypes.data, self._addresses["images"], crops.nbytes)
        probs = self._engine._model.predict(crops)
        ctypes.memmove(self._addresses["age_probs"], probs.ctypes.data, probs.nbytes)


class HostEngine:
    """An engine with a recorded description."""

    device_memory_size_v2 = 1 << 20

    def __init__(self, runtime: HostRuntime, model: OnnxAgeModel, description: EngineDescription) -> None:
        self._runtime, self._model, self._description = runtime, model, description
        self._capturable = self._runs = True
        self._compiled: dict[str, object] = {}

    def create_execution_context(self, how: object) -> HostContext:
        self._compiled["how"] = how
        return HostContext(self)

    def create_runtime_config(self) -> SimpleNamespace:
        compiled = SimpleNamespace(
            deserialize=lambda kernels: self._compiled.update(given=kernels), serialize=lambda: b"compiled kernels"
        )
        return SimpleNamespace(
            set_execution_context_allocation_strategy=lambda strategy: None,
            create_runtime_cache=lambda: compiled,
            set_runtime_cache=lambda cache: True,
        )
