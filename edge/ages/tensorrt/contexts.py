"""Execution contexts as each library wants them made: with memory of ours, and ready for CUDA graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.ages.tensorrt.library import Library


class Contexts:
    """Makes the contexts of one engine."""

    def __init__(self, library: Library, engine: Any, kernels: bytes | None) -> None:
        """kernels: what `kernels` gave earlier, for TensorRT for RTX, which compiles kernels when it first runs an
        engine; those of another release or driver are refused there and compiled anew."""
        trt = library.trt
        self._engine, self._compiled = engine, None
        strategy = trt.ExecutionContextAllocationStrategy.USER_MANAGED
        if library.rtx:
            self._how = engine.create_runtime_config()
            self._how.set_execution_context_allocation_strategy(strategy)
            # A graph must hold the kernels made for its batch, not those that serve until they are compiled.
            eager = trt.DynamicShapesKernelSpecializationStrategy.EAGER
            self._how.dynamic_shapes_kernel_specialization_strategy = eager
            self._compiled = self._how.create_runtime_cache()
            if kernels:
                self._compiled.deserialize(kernels)
            self._how.set_runtime_cache(self._compiled)
        else:
            self._how = strategy

    def make(self) -> Any:
        """A context that still needs `set_device_memory`; None when TensorRT cannot make one."""
        return self._engine.create_execution_context(self._how)

    @property
    def kernels(self) -> bytes:
        """What TensorRT for RTX has compiled so far, for the next start; TensorRT compiles nothing."""
        return b"" if self._compiled is None else bytes(memoryview(self._compiled.serialize()))
