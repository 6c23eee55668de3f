"""Makes execution contexts for both libraries: with our own memory, and ready for CUDA graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.ages.tensorrt.library import Library


class Contexts:
    """Makes the contexts of one engine."""

    def __init__(self, library: Library, engine: Any, kernels: bytes | None) -> None:
        """kernels: what `kernels` returned earlier. TensorRT for RTX compiles kernels when it first runs an engine; it
        rejects those of another release or driver and compiles them again."""
        trt = library.trt
        self._engine, self._compiled = engine, None
        strategy = trt.ExecutionContextAllocationStrategy.USER_MANAGED
        if library.rtx:
            self._how = engine.create_runtime_config()
            self._how.set_execution_context_allocation_strategy(strategy)
            # A graph must contain the final kernels of its batch size, not the ones used until those are compiled.
            eager = trt.DynamicShapesKernelSpecializationStrategy.EAGER
            self._how.dynamic_shapes_kernel_specialization_strategy = eager
            self._compiled = self._how.create_runtime_cache()
            if kernels:
                self._compiled.deserialize(kernels)
            self._how.set_runtime_cache(self._compiled)
        else:
            self._how = strategy

    def make(self) -> Any:
        """A new context, which still needs `set_device_memory`; None when TensorRT cannot make it."""
        return self._engine.create_execution_context(self._how)

    @property
    def kernels(self) -> bytes:
        """The kernels that TensorRT for RTX has compiled so far, for the next start; empty for TensorRT."""
        return b"" if self._compiled is None else bytes(memoryview(self._compiled.serialize()))
