"""Checkpoints as safetensors files; no pickle is written or read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from edge.errors import UsageError
from edge.settings.files import replacing
from train.baseline import BaselineModel
from train.model import AgeNetwork
from train.trained import COMPLETE, TENSOR, TrainedPhotos


def save_run(
    file: Path, learner: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer, facts: dict[str, Any],
    trained: TrainedPhotos | None = None,
) -> None:  # fmt: skip
    """Write all that resuming a run needs, atomically. `facts` goes into the file's JSON header. trained: the photos
    that the weights were trained on."""
    tensors = {f"learner.{name}": value for name, value in learner.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
    for row, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{row}.{name}": torch.as_tensor(value) for name, value in state.items()}
    _write(file, tensors, facts, trained)


def save_average(file: Path, average: nn.Module, facts: dict[str, Any], trained: TrainedPhotos | None = None) -> None:
    """Write the averaged weights only, a quarter of what resuming needs."""
    _write(file, {f"average.{name}": value for name, value in average.state_dict().items()}, facts, trained)


def _write(file: Path, tensors: dict[str, Tensor], facts: dict[str, Any], trained: TrainedPhotos | None) -> None:
    if trained is not None:
        tensors = {**tensors, TENSOR: torch.from_numpy(trained.digests.view(np.int64))}
        facts = {**facts, COMPLETE: trained.complete}
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as draft:
        save_file({name: value.contiguous() for name, value in tensors.items()}, draft, {"facts": json.dumps(facts)})


def resume_run(file: Path, learner: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Restore the state that `save_run` wrote; returns the facts."""
    tensors, facts = read_checkpoint(file)
    _load(file, learner, _with_prefix(tensors, "learner."))
    _load(file, average, _with_prefix(tensors, "average."))
    states: dict[int, dict[str, Tensor]] = {}
    for name, value in _with_prefix(tensors, "optimizer.").items():
        row, key = name.split(".", 1)
        states.setdefault(int(row), {})[key] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": states, "param_groups": groups})
    # A fused optimiser needs its state in the same memory layout as the weights, which the file does not keep.
    for weight, state in optimizer.state.items():
        for name, value in state.items():
            if value.shape == weight.shape:
                state[name] = torch.empty_like(weight, dtype=value.dtype).copy_(value)
    return facts


def load_average(file: Path, model: nn.Module) -> dict[str, Any]:
    """Load the averaged weights of a checkpoint, which are those to ship, into a model; returns the facts."""
    tensors, facts = read_checkpoint(file)
    _load(file, model, _with_prefix(tensors, "average."))
    return facts


def load_model(file: Path) -> tuple[AgeNetwork, dict[str, Any]]:
    """A model of the checkpoint's kind with its averaged weights, and the facts."""
    tensors, facts = read_checkpoint(file)
    model = make_model(facts.get("recipe", {}).get("loss", "distribution"))
    _load(file, model, _with_prefix(tensors, "average."))
    return model, facts


def make_model(loss: str) -> AgeNetwork:
    """An untrained model of the kind that a recipe's `loss` trains."""
    return BaselineModel() if loss == "squares" else AgeNetwork()


def read_checkpoint(file: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """All tensors and facts of a checkpoint. Raises UsageError when it is missing, damaged or not from edge-train."""
    if not file.is_file():
        raise UsageError(f"no checkpoint at {file}: train one with edge-train fit")
    try:
        with safe_open(file, "pt") as tensors:
            facts = json.loads((tensors.metadata() or {})["facts"])
            return {name: tensors.get_tensor(name) for name in tensors.keys()}, facts  # noqa: SIM118
    except (SafetensorError, KeyError, json.JSONDecodeError, RecursionError):
        raise UsageError(f"{file} is not a checkpoint of edge-train, or it is damaged") from None


def _load(file: Path, model: nn.Module, weights: dict[str, Tensor]) -> None:
    try:
        model.load_state_dict(weights)
    except RuntimeError:
        raise UsageError(f"{file} has the weights of another network: train a new one with edge-train fit") from None


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
