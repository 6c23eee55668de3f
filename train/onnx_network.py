"""An ONNX model as a PyTorch module: for batches of any size, on any device, in any precision."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from google.protobuf.message import DecodeError
from torch import Tensor, nn
from torch.nn import functional

from edge.errors import UsageError

_Inputs = Sequence[Any]
"""Of an operation: tensors; None where an optional one is missing."""
_Attributes = dict[str, Any]


class OnnxNetwork(nn.Module):
    """The part of an ONNX model that computes the named outputs; its weights are buffers, and are never trained.

    Known operations: those of `OPERATIONS`, which are enough for convolutional networks. Raises UsageError for a file
    that is no ONNX model, has none of these outputs, or needs another operation.
    """

    def __init__(self, file: Path, outputs: Sequence[str]) -> None:
        super().__init__()
        graph = _simplified(file, outputs)
        weights = {each.name: np.array(onnx.numpy_helper.to_array(each)) for each in graph.initializer}
        self._input = next(each.name for each in graph.input if each.name not in weights)
        self._outputs = tuple(outputs)
        self._steps: list[tuple[Callable[..., Tensor], list[str], str, _Attributes]] = []
        needed = set(outputs)
        for node in reversed(graph.node):
            if needed.isdisjoint(node.output):
                continue
            if node.op_type not in OPERATIONS:
                raise UsageError(f"{file} has the operation {node.op_type}, which cannot be run in PyTorch here")
            needed.update(node.input)
            attributes = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
            self._steps.insert(0, (OPERATIONS[node.op_type], list(node.input), node.output[0], attributes))
        # Numbers that say how to compute, such as the borders of a Pad, are no weights.
        self._constants: dict[str, Any] = {"": None}
        for number, name in enumerate(sorted(needed & weights.keys())):
            if weights[name].dtype == np.float32 and weights[name].ndim:
                self.register_buffer(f"weight{number}", torch.from_numpy(weights[name]), persistent=False)
                self._constants[name] = f"weight{number}"
            else:
                self._constants[name] = weights[name].tolist()

    def forward(self, inputs: Tensor) -> tuple[Tensor, ...]:
        """The outputs, in the order of their names."""
        values = {
            name: getattr(self, value) if isinstance(value, str) else value for name, value in self._constants.items()
        }
        values[self._input] = inputs
        for operation, names, output, attributes in self._steps:
            values[output] = operation([values[name] for name in names], attributes)
        return tuple(values[name] for name in self._outputs)


def _simplified(file: Path, outputs: Sequence[str]) -> onnx.GraphProto:
    """The model's graph, with these outputs only, after ONNX Runtime has computed all that does not depend on the
    pictures, such as shapes."""
    try:
        model = onnx.load(file)
        inside = {name for node in model.graph.node for name in node.output}
        del model.graph.output[:]
        model.graph.output.extend(
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs if name in inside
        )
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        for dimension in model.graph.input[0].type.tensor_type.shape.dim:
            if dimension.dim_param:
                options.add_free_dimension_override_by_name(dimension.dim_param, 1)
        with tempfile.TemporaryDirectory() as folder:
            options.optimized_model_filepath = str(Path(folder) / "simplified.onnx")
            onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
            return onnx.load(options.optimized_model_filepath).graph
    except Exception:  # the errors of onnx and of ONNX Runtime share no base class but Exception
        raise UsageError(f"{file} is not an ONNX model that ONNX Runtime can load") from None


def outputs_inside(file: Path) -> set[str]:
    """The names of everything that a model computes on the way. Raises UsageError if it is no ONNX model."""
    try:
        return {name for node in onnx.load(file).graph.node for name in node.output}
    except (OSError, DecodeError):
        raise UsageError(f"{file} is not an ONNX model that ONNX Runtime can load") from None


def _padded(pixels: Tensor, pads: Sequence[int]) -> Tensor:
    """pads: for every axis its begin, then for every axis its end, as in ONNX; negative ones cut off."""
    half = len(pads) // 2
    sides = [side for axis in reversed(range(half)) for side in (pads[axis], pads[axis + half])]
    return functional.pad(pixels, sides) if any(pads) else pixels


def _convolution(inputs: _Inputs, attributes: _Attributes) -> Tensor:
    pixels, weight, *bias = inputs
    pads = list(attributes.get("pads", [0, 0, 0, 0]))
    half = len(pads) // 2
    symmetric = pads[:half] == pads[half:]
    if not symmetric:
        pixels = _padded(pixels, [0, 0, *pads[:half], 0, 0, *pads[half:]])
    return functional.conv2d(
        pixels,
        weight,
        bias[0] if bias else None,
        stride=tuple(attributes.get("strides", (1, 1))),
        padding=tuple(pads[:half]) if symmetric else 0,
        dilation=tuple(attributes.get("dilations", (1, 1))),
        groups=attributes.get("group", 1),
    )


def _window(attributes: _Attributes) -> _Attributes:
    """PyTorch's arguments of a pooling layer with the same border on both sides."""
    pads = tuple(attributes.get("pads", (0, 0, 0, 0)))
    kernel = tuple(attributes["kernel_shape"])
    return {"kernel_size": kernel, "stride": tuple(attributes.get("strides", kernel)), "padding": pads[:2]}


def _normalisation(inputs: _Inputs, attributes: _Attributes) -> Tensor:
    pixels, scale, shift, mean, variance = inputs
    return functional.batch_norm(pixels, mean, variance, scale, shift, eps=attributes.get("epsilon", 1e-5))


def _product(inputs: _Inputs, attributes: _Attributes) -> Tensor:
    """Gemm; a, b and c as in ONNX."""
    first, second, *shift = inputs
    first = first.T if attributes.get("transA") else first
    second = second if attributes.get("transB") else second.T
    product: Tensor = attributes.get("alpha", 1.0) * functional.linear(first, second)
    return product + attributes.get("beta", 1.0) * shift[0] if shift else product


def _mean(inputs: _Inputs, attributes: _Attributes) -> Tensor:
    axes = tuple(inputs[1] if len(inputs) > 1 else attributes["axes"])
    return torch.as_tensor(inputs[0].mean(dim=axes, keepdim=bool(attributes.get("keepdims", 1))))


def _clipped(inputs: _Inputs, attributes: _Attributes) -> Tensor:
    low, high = (*inputs[1:], None, None)[:2]
    return torch.clamp(inputs[0], attributes.get("min", low), attributes.get("max", high))


OPERATIONS: dict[str, Callable[[_Inputs, _Attributes], Tensor]] = {
    "Add": lambda inputs, _: inputs[0] + inputs[1],
    "AveragePool": lambda inputs, attributes: functional.avg_pool2d(inputs[0], **_window(attributes)),
    "BatchNormalization": _normalisation,
    "Clip": _clipped,
    "Conv": _convolution,
    "Flatten": lambda inputs, attributes: inputs[0].flatten(attributes.get("axis", 1)),
    "Gemm": _product,
    "GlobalAveragePool": lambda inputs, _: inputs[0].mean(dim=(2, 3), keepdim=True),
    "HardSigmoid": lambda inputs, attributes: (
        attributes.get("alpha", 0.2) * inputs[0] + attributes.get("beta", 0.5)
    ).clamp(0, 1),
    "HardSwish": lambda inputs, _: functional.hardswish(inputs[0]),
    "Identity": lambda inputs, _: inputs[0],
    "MatMul": lambda inputs, _: inputs[0] @ inputs[1],
    "MaxPool": lambda inputs, attributes: functional.max_pool2d(inputs[0], **_window(attributes)),
    "Mul": lambda inputs, _: inputs[0] * inputs[1],
    "Pad": lambda inputs, _: _padded(inputs[0], inputs[1]),
    "PRelu": lambda inputs, _: torch.where(inputs[0] > 0, inputs[0], inputs[0] * inputs[1]),
    "ReduceMean": _mean,
    "Relu": lambda inputs, _: functional.relu(inputs[0]),
    "Sigmoid": lambda inputs, _: inputs[0].sigmoid(),
    "Softmax": lambda inputs, attributes: inputs[0].softmax(dim=attributes.get("axis", -1)),
    "Sub": lambda inputs, _: inputs[0] - inputs[1],
}
"""Operations by their ONNX names: inputs and attributes to the output."""
