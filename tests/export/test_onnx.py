"""The age model as ONNX."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from edge.ages.bundle import sha256_of
from edge.ages.onnx import OnnxAgeModel
from export.cli import main
from export.onnx import write_onnx
from train.model import AgeNetwork

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def session(float_onnx: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(float_onnx), providers=["CPUExecutionProvider"])


def test_inputs_and_outputs_follow_the_contract(
    session: onnxruntime.InferenceSession,
) -> None:
    assert [(value.name, value.type, value.shape) for value in session.get_inputs()] == [
        ("images", "tensor(uint8)", ["batch", 224, 224, 3])
    ]
    assert [(value.name, value.type, value.shape) for value in session.get_outputs()] == [
        ("age_probs", "tensor(float)", ["batch", 101])
    ]


@pytest.mark.parametrize("batch", [1, 3, 7])
def test_any_batch_size_predicts_like_pytorch(
    session: onnxruntime.InferenceSession, model: AgeNetwork, crops: np.ndarray, batch: int
) -> None:
    (probs,) = session.run(["age_probs"], {"images": crops[:batch]})
    with torch.inference_mode():
        expected = model(torch.from_numpy(crops[:batch])).numpy()
    assert probs.shape == (batch, 101)
    assert np.abs(probs - expected).max() < 1e-4
    assert probs.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_model_of_these_tests_predicts_different_ages_for_the_photos(float_onnx: Path, crops: np.ndarray) -> None:
    ages = OnnxAgeModel(float_onnx).predict(crops) @ np.arange(101)
    assert np.ptp(ages) > 1


def test_the_half_precision_graph_predicts_the_same_ages(half_onnx: Path, float_onnx: Path, crops: np.ndarray) -> None:
    graph = onnx.load(half_onnx).graph
    types = {value.name: value.data_type for value in graph.initializer}
    kernels = {types[node.input[1]] for node in graph.node if node.op_type in {"Conv", "Gemm"}}
    assert kernels == {onnx.TensorProto.FLOAT16}
    assert 45e6 < half_onnx.stat().st_size < 50e6
    ages = [OnnxAgeModel(file).predict(crops) @ np.arange(101) for file in (half_onnx, float_onnx)]
    assert np.abs(ages[0] - ages[1]).max() < 0.1


def test_the_same_model_gives_the_same_bytes(model: AgeNetwork, half_onnx: Path, tmp_path: Path) -> None:
    write_onnx(model, tmp_path / "again.onnx", half=True)
    assert sha256_of(tmp_path / "again.onnx") == sha256_of(half_onnx)


def test_no_faces_give_no_rows(float_onnx: Path) -> None:
    assert OnnxAgeModel(float_onnx).predict(np.empty((0, 224, 224, 3), np.uint8)).shape == (0, 101)


def test_the_file_contains_no_path_of_the_exporting_machine(float_onnx: Path) -> None:
    data = float_onnx.read_bytes()
    for trace in (str(Path.cwd()), str(Path.home()) + "/", sys.prefix, str(float_onnx.parent), "site-packages"):
        assert trace.encode() not in data


def test_the_file_is_valid_and_needs_no_other_file(float_onnx: Path) -> None:
    onnx.checker.check_model(str(float_onnx), full_check=True)
    assert not list(float_onnx.parent.glob("*.data"))
    assert 90e6 < float_onnx.stat().st_size < 100e6


def test_the_embedding_head_is_not_shipped(float_onnx: Path) -> None:
    weights = {value.name for value in onnx.load(float_onnx).graph.initializer}
    assert any("age.weight" in name for name in weights)
    assert not any("embedding" in name for name in weights)


def test_edge_export_onnx_without_a_checkpoint_gives_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "age.onnx"
    monkeypatch.setattr(sys, "argv", ["edge-export", "onnx", str(tmp_path / "gone.safetensors"), "--out", str(out)])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("edge-export: no checkpoint at ")
    assert not out.exists()
