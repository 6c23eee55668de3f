"""Checkpoints: all that resuming a run needs, without pickle."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from edge.errors import UsageError
from train.checkpoint import load_average, read_checkpoint, resume_run, save_run


def network(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


def trained(model: nn.Module, steps: int = 3) -> torch.optim.Optimizer:
    """An optimizer after some steps."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for step in range(steps):
        train_step(model, optimizer, step)
    return optimizer


def train_step(model: nn.Module, optimizer: torch.optim.Optimizer, step: int) -> None:
    torch.manual_seed(step)
    optimizer.zero_grad()
    model(torch.randn(8, 3)).square().sum().backward()
    optimizer.step()


def same(first: nn.Module, second: nn.Module) -> bool:
    expected = second.state_dict()
    return all(torch.equal(value, expected[name]) for name, value in first.state_dict().items())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A checkpoint of network 0 with its average, network 1."""
    model = network(0)
    optimizer = trained(model)
    save_run(tmp_path / "run" / "last.safetensors", model, network(1), optimizer, {"step": 3, "note": "день"})
    return tmp_path / "run" / "last.safetensors"


@contextmanager
def disk_full_after(size: int) -> Iterator[None]:
    """No file may become larger than `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_resumed_run_has_the_weights_the_average_and_the_facts(file: Path) -> None:
    model, average = network(5), network(6)
    facts = resume_run(file, model, average, torch.optim.AdamW(model.parameters()))
    expected = network(0)
    trained(expected)
    assert same(model, expected)
    assert same(average, network(1))
    assert facts == {"step": 3, "note": "день"}


def test_a_resumed_run_takes_the_same_next_step_as_an_uninterrupted_run(file: Path) -> None:
    model, uninterrupted = network(5), network(0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    resume_run(file, model, network(6), optimizer)
    train_step(model, optimizer, 3)
    trained(uninterrupted, steps=4)
    assert same(model, uninterrupted)


def test_only_the_average_can_be_loaded_for_shipping(file: Path) -> None:
    model = network(5)
    assert load_average(file, model)["step"] == 3
    assert same(model, network(1))


def test_a_checkpoint_has_only_a_json_header_and_raw_numbers(file: Path) -> None:
    data = file.read_bytes()
    length = int(np.frombuffer(data[:8], "<u8")[0])
    header = json.loads(data[8 : 8 + length])
    facts = header.pop("__metadata__")
    assert list(facts) == ["facts"]
    assert {tensor["dtype"] for tensor in header.values()} == {"F32", "I64"}
    assert max(tensor["data_offsets"][1] for tensor in header.values()) == len(data) - 8 - length


def test_a_new_checkpoint_replaces_the_old_one_and_leaves_no_other_file(file: Path) -> None:
    model = network(0)
    save_run(file, model, network(2), trained(model, 1), {"step": 9})
    assert read_checkpoint(file)[1] == {"step": 9}
    assert list(file.parent.iterdir()) == [file]


def test_a_full_disk_leaves_the_last_good_checkpoint_in_place(file: Path) -> None:
    model = network(0)
    with disk_full_after(1000), pytest.raises((SafetensorError, OSError)):
        save_run(file, model, network(2), trained(model, 1), {"step": 9})
    assert load_average(file, model)["step"] == 3


def test_a_missing_checkpoint_is_a_usage_error_that_explains_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no checkpoint at .*: train one with edge-train fit"):
        load_average(tmp_path / "last.safetensors", network(0))


@pytest.mark.parametrize("damage", ["cut short", "empty", "text", "pickled", "without facts"])
def test_a_damaged_checkpoint_is_a_usage_error_of_one_line(file: Path, damage: str) -> None:
    if damage == "cut short":
        file.write_bytes(file.read_bytes()[:-1])
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "text":
        file.write_text("step,loss\n1,0.5\n" * 20)
    elif damage == "pickled":
        torch.save(network(0).state_dict(), file)
    else:
        save_file({"model.0.weight": torch.zeros(4, 3)}, file)
    with pytest.raises(UsageError, match="is not a checkpoint of edge-train, or it is damaged") as refusal:
        load_average(file, network(0))
    assert str(refusal.value).startswith(str(file))
    assert "\n" not in str(refusal.value)


def test_a_checkpoint_of_another_network_is_a_usage_error_of_one_line(file: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        load_average(file, nn.Linear(7, 7))
    assert "\n" not in str(refusal.value)
