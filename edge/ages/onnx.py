"""The age model on ONNX Runtime, on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from edge.crop import CROP_PX
from edge.errors import UsageError
from edge.faces import AGES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class OnnxAgeModel:
    """An `AgeModel` from an ONNX file that fulfils the contract: `images` in, `age_probs` out."""

    def __init__(self, file: Path, threads: int = 0) -> None:
        """Raises UsageError when the file cannot be loaded or does not fulfil the contract."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        # Threads that spin while they wait for the next frame would eat what the detector needs.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        except Exception as problem:  # ONNX Runtime's errors share no base class but Exception
            raise UsageError(f"{file} is no ONNX model that ONNX Runtime can load: {_first_line(problem)}") from None
        inputs = {value.name: (value.type, value.shape[1:]) for value in self._session.get_inputs()}
        outputs = {value.name: (value.type, value.shape[1:]) for value in self._session.get_outputs()}
        if inputs != {"images": ("tensor(uint8)", [CROP_PX, CROP_PX, 3])} or outputs != {
            "age_probs": ("tensor(float)", [AGES])
        }:
            raise UsageError(
                f"{file} takes {inputs} and gives {outputs}, not uint8 images (N, {CROP_PX}, {CROP_PX}, 3) and float "
                f"age_probs (N, {AGES}): export it with edge-export"
            )
        self.backend = f"ONNX Runtime {onnxruntime.__version__}, CPU, {file.name}"

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        if not len(crops):
            return np.empty((0, AGES), np.float32)
        return np.asarray(self._session.run(["age_probs"], {"images": crops})[0], np.float32)


def _first_line(problem: Exception) -> str:
    return str(problem).splitlines()[0] if str(problem) else type(problem).__name__
