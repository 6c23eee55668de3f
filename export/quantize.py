"""INT8 for the CPU: quantise-dequantise pairs, weights per channel, ranges from real faces."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

_BATCH = 16


class _Faces(CalibrationDataReader):  # type: ignore[misc]  # the base class is untyped
    def __init__(self, crops: NDArray[np.uint8]) -> None:
        self._chunks = iter([crops[start : start + _BATCH] for start in range(0, len(crops), _BATCH)])

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        chunk = next(self._chunks, None)
        return None if chunk is None else {"images": chunk}


def write_int8(float_model: Path, crops: NDArray[np.uint8], file: Path) -> None:
    """Quantise an ONNX file.

    crops: uint8 (N, 224, 224, 3) RGB, real faces to measure the ranges of activations on; a few hundred do. Only
    convolutions, the sums and pooling between them, and the head's product are quantised; normalisation, softmax and
    the first convolution stay float. Quantising that one alone moved the ages of some faces by four years: its few
    channels carry all that the rest sees.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(float_model), str(prepared), skip_symbolic_shape=True)
        first_convolution = next(node for node in onnx.load(prepared).graph.node if node.op_type == "Conv")
        quantize_static(
            str(prepared),
            str(file),
            _Faces(crops),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[first_convolution.name],
            calibrate_method=CalibrationMethod.MinMax,
            op_types_to_quantize=["Conv", "Gemm", "MatMul", "Add", "MaxPool", "GlobalAveragePool"],
            extra_options={"CalibMovingAverage": True, "ActivationSymmetric": False},
        )
