"""Data-parallel training in several processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from train.team import ALONE, joined_team

pytestmark = pytest.mark.slow

SCRIPT = """
import sys
import numpy as np
import torch
from train.batches import NEW_CROP, Batch
from train.learner import Learner
from train.model import create_model
from train.recipe import Recipe
from train.targets import soft_labels
from train.team import joined_team

torch.set_num_threads(1)
torch.manual_seed(0)
ages = np.array([(20, 20), (30, 30), (10, 19), (50, 50)], np.float32)
whole = Batch(
    torch.randint(0, 255, (4, 32, 32, 3), dtype=torch.uint8), torch.from_numpy(soft_labels(ages)),
    torch.from_numpy(ages), torch.zeros(4, dtype=torch.int64), torch.full((4,), NEW_CROP),
)
# Batch statistics and dropout differ between processes, so both are switched off.
learner = Learner(create_model(), Recipe()).eval()

def gradients(module, batch):
    learner.zero_grad(set_to_none=True)
    sum(module(batch).values()).backward()
    return {name: weight.grad.clone() for name, weight in learner.named_parameters() if weight.grad is not None}

alone = gradients(learner, whole)
with joined_team() as team:
    assert team.size == 2, team
    assert team.from_leader(team.leads) is True
    part = Batch(*(tensor[team.rank :: 2] for tensor in whole))
    together = gradients(team.data_parallel(learner, all_used=False), part)
assert alone.keys() == together.keys()
for name, gradient in alone.items():
    # Two processes sum in another order, in bfloat16.
    assert torch.allclose(gradient, together[name], rtol=0.05, atol=0.02 * gradient.abs().max().item() + 1e-7), name
"""


def test_two_processes_get_the_gradients_of_a_single_process(tmp_path: Path) -> None:
    script = tmp_path / "team.py"
    script.write_text(SCRIPT)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    ended = subprocess.run([*torchrun, str(script)], capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr


def test_without_torchrun_the_team_has_one_process() -> None:
    with joined_team() as team:
        assert (team.rank, team.size, team.leads) == (0, 1, True)


def test_a_team_of_one_process_changes_nothing() -> None:
    module = nn.Linear(2, 2)
    assert ALONE.data_parallel(module, all_used=True) is module
    assert ALONE.from_leader(True)
    assert not ALONE.from_leader(False)
    with ALONE.leader_first():
        assert torch.is_tensor(module.weight)
