"""ONNX models as PyTorch modules."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from edge.errors import UsageError
from tests.train.builders import write_teacher
from train.onnx_network import OnnxNetwork, outputs_inside
from train.teacher import MAPS


class SmallNetwork(nn.Module):
    """A little of all that networks of the teacher's kind are made of."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(8)
        self.grouped = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.bends = nn.PReLU(8)
        self.last = nn.Linear(8, 5)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        # As TensorFlow pads: more at the end than at the beginning, by an amount that follows from the shape.
        pads = (pixels.shape[3] % 2, pixels.shape[2] % 2 + 1)
        early = nn.functional.relu6(self.norm(self.first(nn.functional.pad(pixels, (0, pads[0], 0, pads[1])))))
        late = self.bends(self.grouped(early)) * 0.5 + early
        return self.last(nn.functional.max_pool2d(late, 2).mean(dim=(2, 3))).sigmoid()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    network = SmallNetwork().eval()
    network.norm.running_mean += torch.randn(8)
    file = tmp_path_factory.mktemp("model") / "model.onnx"
    torch.onnx.export(
        network,
        (torch.zeros(2, 3, 33, 32),),
        file,
        input_names=["pixels"],
        output_names=["years"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        verbose=False,
    )
    return file


def test_the_answers_are_those_of_onnx_runtime(model: Path) -> None:
    pixels = torch.randn(7, 3, 33, 32, generator=torch.manual_seed(1))
    expected = onnxruntime.InferenceSession(model).run(["years"], {"pixels": pixels.numpy()})[0]
    (found,) = OnnxNetwork(model, ["years"])(pixels)
    assert found.numpy() == pytest.approx(expected, abs=1e-4)
    assert expected.std() > 1e-3


def test_outputs_on_the_way_come_in_the_order_asked_for(tmp_path: Path) -> None:
    file = write_teacher(tmp_path / "teacher.onnx")
    pixels = torch.randn(3, 3, 224, 224, generator=torch.manual_seed(1))
    maps, embeddings = OnnxNetwork(file, [MAPS[0], "emb"])(pixels)
    assert maps.numpy() == pytest.approx((nn.functional.avg_pool2d(pixels, 16) / 10).clamp(0, 6).numpy(), abs=1e-4)
    assert embeddings[:, :3].numpy() == pytest.approx(pixels.mean(dim=(2, 3)).numpy(), abs=1e-4)


def test_the_weights_are_not_trained_and_not_stored(model: Path) -> None:
    network = OnnxNetwork(model, ["years"])
    assert list(network.parameters()) == []
    assert network.state_dict() == {}
    assert list(network.buffers()) != []


def test_an_operation_that_is_not_known_is_a_usage_error(tmp_path: Path) -> None:
    graph = helper.make_graph(
        [helper.make_node("Erf", ["pixels"], ["years"])],
        "unusual",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["n", 3])],
        [helper.make_tensor_value_info("years", TensorProto.FLOAT, ["n", 3])],
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), tmp_path / "model.onnx"
    )
    with pytest.raises(UsageError, match="has the operation Erf, which cannot be run in PyTorch here"):
        OnnxNetwork(tmp_path / "model.onnx", ["years"])


@pytest.mark.parametrize("content", [b"", b"not a model", np.zeros(100, np.uint8).tobytes()])
def test_another_file_is_a_usage_error(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(UsageError, match="is not an ONNX model"):
        OnnxNetwork(tmp_path / "model.onnx", ["years"])


def test_the_names_inside_a_model_are_known_before_it_is_loaded(tmp_path: Path) -> None:
    assert {MAPS[0], "emb", "means"} <= outputs_inside(write_teacher(tmp_path / "teacher.onnx"))
