"""Where a run may start from instead of from nothing: a checkpoint, a bundle, or a file of a pretrained ResNet50."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from edge.ages.bundle import CPU_MODEL, GPU_MODEL, Bundle
from edge.errors import UsageError
from train.batches import crops_of
from train.checkpoint import load_average, load_model, read
from train.model import AgeNetwork
from train.pictures import Pictures

_PHOTOS = 256
"""Photos that the statistics of the normalisation layers are measured on."""


def start_from(place: Path, model: AgeNetwork, pictures: Pictures) -> None:
    """Put the weights of a checkpoint, or of a bundle's folder, into `model`.

    pictures: photos of the kind to train on. In a bundle the normalisation layers have been folded into the
    convolutions, and only what passes through the network shows what they were; in a checkpoint of a run from nothing
    the one of the features has rested. Raises UsageError for another network.
    """
    if place.is_dir():
        _put_bundle(Bundle(place), model)
        layers = [layer for layer in model.modules() if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d))]
    else:
        load_average(place, model)
        layers = [] if model.normalises or isinstance(model.norm, nn.Identity) else [model.norm]
    if layers:
        chosen = np.sort(np.random.default_rng(0).choice(len(pictures), min(_PHOTOS, len(pictures)), replace=False))
        _measure_statistics(model, layers, crops_of(pictures[chosen]))


def load_network(place: Path) -> tuple[AgeNetwork, dict[str, Any]]:
    """The network of a checkpoint, or of a bundle's folder with the weights as its best file rounded them, in single
    precision; and what is known of it: `crop_contract`, and `sources` with their numbers of photos where they are
    named. Raises UsageError for anything else."""
    if not place.is_dir():
        return load_model(place)
    bundle, model = Bundle(place), AgeNetwork()
    _put_bundle(bundle, model)
    return model, {"crop_contract": bundle.manifest.crop_contract, "sources": learned_before(place)}


def learned_before(place: Path) -> dict[str, int]:
    """Sources, with their numbers of photos, that a checkpoint or a bundle has learned from."""
    if place.is_dir():
        return {source.name: source.pictures for source in Bundle(place).manifest.sources}
    return dict(read(place)[1].get("sources", {}))


def load_backbone(file: Path, model: AgeNetwork) -> None:
    """Put a pretrained ResNet50 with torchvision's names, `.pth` or `.safetensors`, into `model`; its classes are left
    out. Nothing pickled is run: of a `.pth` only tensors are read. Raises UsageError for any other file."""
    try:
        weights = (
            load_file(file)
            if file.suffix == ".safetensors"
            else torch.load(file, map_location="cpu", weights_only=True)
        )
    except (OSError, SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as problem:
        reason = (str(problem).splitlines() or ["damaged"])[0]
        raise UsageError(f"cannot read the backbone {file}: {reason}") from None
    weights = weights.get("state_dict", weights) if isinstance(weights, dict) else {}
    wanted = model.backbone.state_dict()
    missing = [name for name, tensor in wanted.items()
               if not isinstance(weights.get(name), Tensor) or weights[name].shape != tensor.shape]  # fmt: skip
    if missing:
        raise UsageError(f"{file} is no ResNet50 with torchvision's names: {missing[0]} is missing or of another shape")
    model.backbone.load_state_dict({name: weights[name] for name in wanted})


def read_weights(file: Path) -> dict[str, NDArray[np.float32]]:
    """Weights and biases of the convolutions and of the head in an ONNX file, by their PyTorch names; those kept in
    eight bits as the numbers that they stand for."""
    try:
        graph = onnx.load(file).graph
    except (OSError, DecodeError):
        raise UsageError(f"{file} is no ONNX model") from None
    stored = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "DequantizeLinear" and node.input[0] in stored:
            counts, scale, zero = (stored[name].astype(np.float32) for name in node.input)
            if scale.ndim:
                axis = next((each.i for each in node.attribute if each.name == "axis"), 1)
                shape = [-1 if number == axis else 1 for number in range(counts.ndim)]
                scale, zero = scale.reshape(shape), zero.reshape(shape)
            stored[node.output[0]] = (counts - zero) * scale
    weights = {}
    for node in graph.node:
        if node.op_type in {"Conv", "Gemm"}:
            name = node.input[1].removesuffix("_DequantizeLinear_Output")
            weights[name] = stored[node.input[1]].astype(np.float32)
            # The exporter leaves out what would add nothing.
            bias = stored[node.input[2]] if len(node.input) > 2 else np.zeros(len(weights[name]))
            weights[name.removesuffix("weight") + "bias"] = bias.astype(np.float32)
    return weights


def _put_bundle(bundle: Bundle, model: AgeNetwork) -> None:
    file = bundle.folder / (GPU_MODEL if GPU_MODEL in bundle.manifest.files else CPU_MODEL)
    try:
        _unfold(read_weights(file), model)
    except (KeyError, RuntimeError):
        raise UsageError(f"{file} holds another network than this version trains: start from nothing") from None


def _unfold(weights: dict[str, NDArray[np.float32]], model: AgeNetwork) -> None:
    """Convolutions as they are in the file; what they add is the shift of normalisations that do nothing else."""
    state = model.state_dict()
    for name, layer in model.backbone.named_modules():
        if isinstance(layer, nn.Conv2d):
            state[f"backbone.{name}.weight"] = torch.from_numpy(weights[f"backbone.{name}.weight"])
            after = f"backbone.{_normalisation_after(name)}"
            state[f"{after}.bias"] = torch.from_numpy(weights[f"backbone.{name}.bias"])
            state[f"{after}.weight"] = torch.ones_like(state[f"{after}.weight"])
            state |= _changing_nothing(after, state)
    for name in ("age.weight", "age.bias"):
        state[name] = torch.from_numpy(weights[name])
    state |= _changing_nothing("norm", state)
    model.load_state_dict(state)


def _changing_nothing(layer: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Statistics with which a normalisation layer does nothing of its own."""
    mean, variance = f"{layer}.running_mean", f"{layer}.running_var"
    return {
        mean: torch.zeros_like(state[mean]),
        variance: torch.full_like(state[variance], 1 - nn.BatchNorm1d(1).eps),
    }


def _normalisation_after(convolution: str) -> str:
    """torchvision's name of the layer behind a convolution: conv1, bn1; downsample.0, downsample.1."""
    stem, _, last = convolution.rpartition(".")
    return f"{stem}.1" if last == "0" else ".".join(filter(None, [stem, last.replace("conv", "bn")]))


@torch.no_grad()
def _measure_statistics(model: AgeNetwork, layers: Iterable[nn.Module], crops: NDArray[np.uint8]) -> None:
    """Give normalisation layers that do nothing the mean and deviation of what they see, and undo them in their
    scale and shift, or in the heads behind them: the network says the same, and can be trained on."""
    seen: dict[nn.Module, list[Tensor]] = {}
    hooks = [
        layer.register_forward_pre_hook(lambda layer, inputs: seen.setdefault(layer, []).append(_moments(inputs[0])))
        for layer in layers
    ]
    model.eval()
    for start in range(0, len(crops), 32):
        model(torch.from_numpy(crops[start : start + 32]))
    for hook in hooks:
        hook.remove()
    for layer, moments in seen.items():
        mean, square = torch.stack(moments).mean(dim=0)
        variance = (square - mean.square()).clamp(min=0)
        layer.running_mean.copy_(mean)
        layer.running_var.copy_(variance)
        deviation = (variance + layer.eps).sqrt()
        if layer.affine:
            layer.weight.copy_(deviation)
            layer.bias.add_(mean)
            continue
        for head in (model.age, model.embedding):
            head.bias += head.weight @ mean
            head.weight *= deviation
    model.train()


def _moments(values: Tensor) -> Tensor:
    """Mean and mean square of every channel, the second dimension: (2, channels)."""
    others = [dimension for dimension in range(values.ndim) if dimension != 1]
    return torch.stack([values.mean(dim=others), values.square().mean(dim=others)])
