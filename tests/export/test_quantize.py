"""The age model in INT8."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from edge.ages.bundle import sha256_of
from edge.ages.onnx import OnnxAgeModel
from export.quantize import write_int8

pytestmark = pytest.mark.slow

YEARS = np.arange(101)


def test_a_lane_can_predict_with_the_int8_file(int8_onnx: Path, crops: np.ndarray) -> None:
    probs = OnnxAgeModel(int8_onnx).predict(crops)
    assert (probs.shape, probs.dtype) == ((8, 101), np.float32)
    assert probs.sum(axis=1) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("batch", [1, 3, 7])
def test_any_batch_size_gives_the_same_predictions(int8_onnx: Path, crops: np.ndarray, batch: int) -> None:
    model = OnnxAgeModel(int8_onnx)
    assert model.predict(crops[:batch]) == pytest.approx(model.predict(crops)[:batch], abs=1e-5)


def test_int8_and_float_agree_within_three_years(float_onnx: Path, int8_onnx: Path, crops: np.ndarray) -> None:
    exact = OnnxAgeModel(float_onnx).predict(crops) @ YEARS
    quantised = OnnxAgeModel(int8_onnx).predict(crops) @ YEARS
    assert np.abs(quantised - exact).max() < 3
    assert np.corrcoef(quantised, exact)[0, 1] > 0.95


def test_int8_takes_a_quarter_of_the_space(float_onnx: Path, int8_onnx: Path) -> None:
    assert int8_onnx.stat().st_size < 0.3 * float_onnx.stat().st_size


BLOCK = ("conv1", "conv2", "conv3", "downsample.0")


def convolutions_of(graph: onnx.GraphProto) -> tuple[list[onnx.NodeProto], list[onnx.NodeProto]]:
    """The convolutions with float weights, and the others."""
    stored = {value.name for value in graph.initializer}
    found = [node for node in graph.node if node.op_type == "Conv"]
    return [node for node in found if node.input[1] in stored], [node for node in found if node.input[1] not in stored]


def test_convolutions_after_the_first_block_are_quantised_and_pooling_and_head_are_not(
    int8_onnx: Path,
) -> None:
    graph = onnx.load(int8_onnx).graph
    made_by = {name: node.op_type for node in graph.node for name in node.output}
    early, convolutions = convolutions_of(graph)
    assert (len(early), len(convolutions)) == (5, 48)
    weights = {node.input[1] for node in early}
    assert weights == {"backbone.conv1.weight"} | {f"backbone.layer1.0.{name}.weight" for name in BLOCK}
    assert {made_by[node.input[side]] for node in convolutions for side in (0, 1)} == {"DequantizeLinear"}
    for kind in ("MaxPool", "Gemm", "Softmax"):
        (node,) = (node for node in graph.node if node.op_type == kind)
        assert made_by[node.input[0]] != "QuantizeLinear"
    assert [node.op_type for node in graph.node].count("Relu") == 3, "the others are merged into a range"


def test_the_same_model_and_faces_give_the_same_bytes(
    int8_onnx: Path, float_onnx: Path, crops: np.ndarray, tmp_path: Path
) -> None:
    write_int8(float_onnx, crops, tmp_path / "again.onnx")
    assert sha256_of(tmp_path / "again.onnx") == sha256_of(int8_onnx)


def test_the_weights_of_every_quantised_convolution_have_a_scale_per_channel(int8_onnx: Path) -> None:
    graph = onnx.load(int8_onnx).graph
    shapes = {value.name: tuple(value.dims) for value in graph.initializer}
    made_by = {name: node for node in graph.node for name in node.output}
    _, convolutions = convolutions_of(graph)
    weights = [made_by[node.input[1]].input[:2] for node in convolutions]
    assert [shapes[scale] for _, scale in weights] == [shapes[weight][:1] for weight, _ in weights]
    assert max(shapes[scale] for _, scale in weights) == (2048,)


def test_the_file_contains_no_path_of_the_exporting_machine(int8_onnx: Path) -> None:
    data = int8_onnx.read_bytes()
    for trace in (str(Path.cwd()), str(Path.home()) + "/", sys.prefix, str(int8_onnx.parent), "site-packages"):
        assert trace.encode() not in data
