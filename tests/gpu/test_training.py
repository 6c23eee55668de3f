"""Training on a GPU learns the same as on the processor, and its speed can be measured on either."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch

from edge.errors import UsageError
from tests.gpu import training
from tests.gpu.training import RECIPE, portraits
from train.batches import Batch, Batches
from train.learner import Learner
from train.loop import optimizer_of, training_step
from train.model import AgeNetwork


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    return Batches(portraits(tmp_path), RECIPE, batch_size=16, steps=1)[0]


@pytest.fixture
def learner() -> Learner:
    torch.manual_seed(1)
    learner = Learner(AgeNetwork(), RECIPE).train()
    learner.model.dropout = torch.nn.Identity()  # random on each device in its own way
    return learner


def losses_of_steps(learner: Learner, batch: Batch, device: str, steps: int) -> list[float]:
    learner.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    batch, optimizer = batch.to(torch.device(device)), optimizer_of(learner)
    return [training_step(learner, optimizer, batch)["distribution"].item() for _ in range(steps)]


@pytest.mark.slow
def test_steps_on_one_batch_make_its_loss_smaller(learner: Learner, batch: Batch) -> None:
    losses = losses_of_steps(learner, batch, "cpu", 6)
    assert losses[-1] < losses[0]


@pytest.mark.gpu
def test_a_card_learns_as_the_processor_does(learner: Learner, batch: Batch) -> None:
    if not torch.cuda.is_available():
        pytest.skip("PyTorch finds no GPU here")
    on_cpu = losses_of_steps(copy.deepcopy(learner), batch, "cpu", 6)
    on_card = losses_of_steps(learner, batch, "cuda", 6)
    assert on_card[0] == pytest.approx(on_cpu[0], rel=0.02)
    assert on_card[-1] < on_card[0]


@pytest.mark.slow
def test_the_table_of_the_processor_has_a_row_for_each_batch_size(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["training", "--device", "cpu", "--batch-size", "8"])
    monkeypatch.setattr(training, "MEASURE_S", 0.0)
    training.main()
    printed = capsys.readouterr().out
    assert "prepared/s" in printed
    (row,) = [line for line in printed.splitlines() if line.split()[1:2] == ["8"]]
    assert all(float(cell) > 0 for cell in row.split("│")[2:4])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_one_line_names_the_way_to_measure_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["training"])
    with pytest.raises(UsageError, match="--device cpu measures the processor"):
        training.main()
