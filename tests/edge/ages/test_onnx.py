"""Age models on ONNX Runtime. Their results are tested in tests/export/."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edge.ages import BUNDLED
from edge.ages.onnx import OnnxAgeModel
from edge.errors import UsageError
from edge.vision.detectors import YUNET

MODEL = BUNDLED / "age.int8.onnx"


def test_the_backend_names_runtime_device_and_file() -> None:
    assert OnnxAgeModel(MODEL).backend == f"ONNX Runtime {onnxruntime.__version__}, CPU, age.int8.onnx"


def test_a_model_may_be_in_a_folder_whose_name_is_not_utf_8(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"odd\xff")
    folder.mkdir()
    model = OnnxAgeModel(Path(shutil.copy(MODEL, folder)))
    assert model.predict(np.zeros((1, 224, 224, 3), np.uint8)).shape == (1, 101)


def test_a_missing_provider_is_an_error_instead_of_a_silent_fallback() -> None:
    with pytest.raises(UsageError, match=r"no CUDAExecutionProvider: pip install onnxruntime-gpu instead of"):
        OnnxAgeModel(MODEL, provider="CUDAExecutionProvider")


def test_the_error_for_a_plugin_provider_says_why_it_does_not_load() -> None:
    with pytest.raises(UsageError, match=r"^NvTensorRTRTXExecutionProvider (does not load|is not installed|finds no)"):
        OnnxAgeModel(MODEL, provider="NvTensorRTRTXExecutionProvider")


def test_the_error_for_a_file_that_is_not_a_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "age.onnx").write_bytes(b"not a model")
    with pytest.raises(UsageError, match=r"age\.onnx is not a model that ONNX Runtime can load: ") as rejected:
        OnnxAgeModel(tmp_path / "age.onnx")
    assert "\n" not in str(rejected.value)


def test_the_error_for_another_kind_of_model_names_the_expected_inputs_and_outputs() -> None:
    with pytest.raises(UsageError, match=r"not uint8 images \(N, 224, 224, 3\) and float age_probs"):
        OnnxAgeModel(YUNET)


def test_no_faces_give_no_rows() -> None:
    assert OnnxAgeModel(MODEL).predict(np.empty((0, 224, 224, 3), np.uint8)).shape == (0, 101)
