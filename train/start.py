"""Initial weights of a run: from a checkpoint, a bundle, or a file with a pretrained ResNet50."""

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
from train.checkpoint import load_average, load_model, read_checkpoint
from train.model import AgeNetwork
from train.pictures import Pictures

_STATISTICS_PHOTOS = 256
"""Number of photos on which the statistics of the normalisation layers are measured."""

_Normalisation = nn.BatchNorm1d | nn.BatchNorm2d


def start_from(path: Path, model: AgeNetwork, pictures: Pictures) -> None:
    """Load the weights of a checkpoint, or of a bundle's folder, into `model`.

    pictures: photos of the kind to train on, to measure normalisation statistics that the file does not have. A bundle
    has none, because its normalisation layers were folded into the convolutions. The checkpoint of a run from scratch
    has none for the features. Raises UsageError for the weights of another network.
    """
    layers: list[_Normalisation] = []
    if path.is_dir():
        _load_bundle(Bundle(path), model)
        layers = [layer for layer in model.modules() if isinstance(layer, _Normalisation)]
    else:
        load_average(path, model)
        if isinstance(model.norm, nn.BatchNorm1d) and not model.normalises:
            layers = [model.norm]
    if layers:
        chosen = np.sort(
            np.random.default_rng(0).choice(len(pictures), min(_STATISTICS_PHOTOS, len(pictures)), replace=False)
        )
        _measure_statistics(model, layers, crops_of(pictures[chosen]))


def load_network(path: Path) -> tuple[AgeNetwork, dict[str, Any]]:
    """The float32 network of a checkpoint or of a bundle's folder, and its facts: `crop_contract`, and `sources` with
    their numbers of photos if known. From a bundle the weights are those of its most precise file. Raises UsageError
    for anything else."""
    if not path.is_dir():
        return load_model(path)
    bundle, model = Bundle(path), AgeNetwork()
    _load_bundle(bundle, model)
    return model, {"crop_contract": bundle.manifest.crop_contract, "sources": sources_of_weights(path)}


def sources_of_weights(path: Path) -> dict[str, int]:
    """The sources that a checkpoint or a bundle was trained on, with their numbers of photos."""
    if path.is_dir():
        return {source.name: source.pictures for source in Bundle(path).manifest.sources}
    return dict(read_checkpoint(path)[1].get("sources", {}))


def load_backbone(file: Path, model: AgeNetwork) -> None:
    """Load a pretrained ResNet50 with torchvision's names, `.pth` or `.safetensors`, into `model`, without its
    classifier. No pickled code is executed: only tensors are read from a `.pth`. Raises UsageError for any other
    file."""
    try:
        content: Any = (
            load_file(file)
            if file.suffix == ".safetensors"
            else torch.load(file, map_location="cpu", weights_only=True)
        )
    except (OSError, SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as problem:
        reason = (str(problem).splitlines() or ["damaged"])[0]
        raise UsageError(f"cannot read the backbone {file}: {reason}") from None
    weights = content.get("state_dict", content) if isinstance(content, dict) else {}
    wanted = model.backbone.state_dict()
    missing = [name for name, tensor in wanted.items()
               if not isinstance(weights.get(name), Tensor) or weights[name].shape != tensor.shape]  # fmt: skip
    if missing:
        raise UsageError(
            f"{file} is not a ResNet50 with torchvision's names: {missing[0]} is missing or has another shape"
        )
    model.backbone.load_state_dict({name: weights[name] for name in wanted})


def read_weights(file: Path) -> dict[str, NDArray[np.float32]]:
    """Weights and biases of the convolutions and of the head in an ONNX file, by their PyTorch names; INT8 weights are
    dequantised."""
    try:
        graph = onnx.load(file).graph
    except (OSError, DecodeError):
        raise UsageError(f"{file} is not an ONNX model") from None
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
            # The exporter omits a bias of zeros.
            bias = stored[node.input[2]] if len(node.input) > 2 else np.zeros(len(weights[name]))
            weights[name.removesuffix("weight") + "bias"] = bias.astype(np.float32)
    return weights


def _load_bundle(bundle: Bundle, model: AgeNetwork) -> None:
    file = bundle.folder / (GPU_MODEL if GPU_MODEL in bundle.manifest.files else CPU_MODEL)
    try:
        _load_folded(read_weights(file), model)
    except (KeyError, RuntimeError):
        raise UsageError(f"{file} has another network than this version trains: train without --start") from None


def _load_folded(weights: dict[str, NDArray[np.float32]], model: AgeNetwork) -> None:
    """Load folded convolutions; each bias becomes the shift of the normalisation layer behind, whose scale and
    statistics are set to do nothing."""
    state = model.state_dict()
    for name, layer in model.backbone.named_modules():
        if isinstance(layer, nn.Conv2d):
            state[f"backbone.{name}.weight"] = torch.from_numpy(weights[f"backbone.{name}.weight"])
            after = f"backbone.{_normalisation_after(name)}"
            state[f"{after}.bias"] = torch.from_numpy(weights[f"backbone.{name}.bias"])
            state[f"{after}.weight"] = torch.ones_like(state[f"{after}.weight"])
            state |= _identity_statistics(after, state)
    for name in ("age.weight", "age.bias"):
        state[name] = torch.from_numpy(weights[name])
    state |= _identity_statistics("norm", state)
    model.load_state_dict(state)


def _identity_statistics(layer: str, state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Statistics with which a normalisation layer changes nothing."""
    mean, variance = f"{layer}.running_mean", f"{layer}.running_var"
    return {
        mean: torch.zeros_like(state[mean]),
        variance: torch.full_like(state[variance], 1 - nn.BatchNorm1d(1).eps),
    }


def _normalisation_after(convolution: str) -> str:
    """torchvision's name of the normalisation layer behind a convolution: bn1 for conv1, downsample.1 for
    downsample.0."""
    stem, _, last = convolution.rpartition(".")
    return f"{stem}.1" if last == "0" else ".".join(filter(None, [stem, last.replace("conv", "bn")]))


@torch.no_grad()
def _measure_statistics(model: AgeNetwork, layers: Iterable[_Normalisation], crops: NDArray[np.uint8]) -> None:
    """Set the statistics of identity normalisation layers to the mean and deviation of their inputs, and compensate in
    their scale and shift, or in the heads behind them: the network's output stays the same, and it can be trained."""
    inputs_of: dict[_Normalisation, list[Tensor]] = {layer: [] for layer in layers}
    hooks = [
        layer.register_forward_pre_hook(lambda _, inputs, moments=moments: moments.append(_moments(inputs[0])))
        for layer, moments in inputs_of.items()
    ]
    model.eval()
    for start in range(0, len(crops), 32):
        model(torch.from_numpy(crops[start : start + 32]))
    for hook in hooks:
        hook.remove()
    for layer, moments in inputs_of.items():
        mean, square = torch.stack(moments).mean(dim=0)
        variance = (square - mean.square()).clamp(min=0)
        assert layer.running_mean is not None
        assert layer.running_var is not None
        layer.running_mean.copy_(mean)
        layer.running_var.copy_(variance)
        deviation = (variance + layer.eps).sqrt()
        if layer.affine:
            layer.weight.copy_(deviation)
            layer.bias.add_(mean)
            continue
        for head in (model.age, model.embedding):
            head.bias.add_(head.weight @ mean)
            head.weight.mul_(deviation)
    model.train()


def _moments(values: Tensor) -> Tensor:
    """Mean and mean square of every channel, the second dimension: (2, channels)."""
    others = [dimension for dimension in range(values.ndim) if dimension != 1]
    return torch.stack([values.mean(dim=others), values.square().mean(dim=others)])
