"""The age model on TensorRT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.ages.tensorrt.box import BoxEngine
from edge.ages.tensorrt.cuda import Cuda
from edge.ages.tensorrt.execution import Execution
from edge.ages.tensorrt.library import find_library

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class TensorRtAgeModel:
    """An `AgeModel` on the box's GPU. One thread at a time may use it."""

    def __init__(self, file: Path, cache: Path) -> None:
        """file: a bundle's age.onnx. cache: folder of the box's engines; a missing engine is built.

        Raises UsageError when TensorRT, CUDA or a GPU is missing or the file is not an age model, RunError when the
        engine cannot be built or run. Building takes seconds on a card, minutes on a Jetson.
        """
        library = find_library()
        cuda = Cuda()
        try:
            engine = BoxEngine(library, file, cache, cuda)
            loaded = engine.obtain()
            kernels = engine.store.read(engine.key.kernels)
            self._execution = Execution(library, loaded, cuda, kernels)
            if self._execution.kernels not in (kernels, b""):
                engine.store.keep(engine.key.kernels, self._execution.kernels)
        except BaseException:
            cuda.close()
            raise
        self.largest_batch = loaded.description.largest_batch
        self.backend = f"{library.name}, {cuda.name} ({cuda.capability}), {file.name}"

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """As `AgeModel.predict`. Raises RunError when the GPU fails or does not answer in time."""
        return self._execution.predict(crops)

    def close(self) -> None:
        """Release the GPU's memory; `predict` raises RunError afterwards. Does not wait for a GPU that hangs."""
        self._execution.close()
