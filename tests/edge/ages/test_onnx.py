"""Age models on ONNX Runtime. That their answers are right is shown where they are made: tests/export/."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edge.ages import BUNDLED
from edge.ages.onnx import OnnxAgeModel
from edge.errors import UsageError
from edge.vision.detectors import YUNET

MODEL = BUNDLED / "age.int8.onnx"


def test_the_log_names_runtime_device_and_file() -> None:
    assert OnnxAgeModel(MODEL).backend == f"ONNX Runtime {onnxruntime.__version__}, CPU, age.int8.onnx"


def test_a_provider_that_this_runtime_lacks_is_refused_and_not_replaced() -> None:
    with pytest.raises(UsageError, match=r"no CUDAExecutionProvider: pip install onnxruntime-gpu in place of"):
        OnnxAgeModel(MODEL, provider="CUDAExecutionProvider")


def test_a_provider_from_a_package_of_its_own_says_why_it_does_not_load() -> None:
    with pytest.raises(UsageError, match=r"^NvTensorRTRTXExecutionProvider (does not load|is not installed|finds no)"):
        OnnxAgeModel(MODEL, provider="NvTensorRTRTXExecutionProvider")


def test_what_is_no_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "age.onnx").write_bytes(b"not a model")
    with pytest.raises(UsageError, match=r"age\.onnx is no ONNX model that ONNX Runtime can load: ") as refused:
        OnnxAgeModel(tmp_path / "age.onnx")
    assert "\n" not in str(refused.value)


def test_a_model_of_something_else_is_refused_with_what_it_takes() -> None:
    with pytest.raises(UsageError, match=r"not uint8 images \(N, 224, 224, 3\) and float age_probs"):
        OnnxAgeModel(YUNET)


def test_no_faces_give_no_rows() -> None:
    assert OnnxAgeModel(MODEL).predict(np.empty((0, 224, 224, 3), np.uint8)).shape == (0, 101)
