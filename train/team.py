"""The processes that train together (torchrun), or the one that trains alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Team:
    """rank: this process's number, 0 leads. size: how many there are. device: what this process computes on."""

    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this is the process that evaluates and writes."""
        return self.rank == 0

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """The leader runs the block, then everyone else: for work whose result is cached on disk."""
        if not self.leads:
            distributed.barrier()
        yield
        if self.leads and self.size > 1:
            distributed.barrier()

    def agree(self, answer: bool) -> bool:
        """The leader's answer, in every process."""
        if self.size == 1:
            return answer
        said = torch.tensor([int(answer)], device=self.device)
        distributed.broadcast(said, 0)
        return bool(said.item())

    def share(self, module: nn.Module, *, all_used: bool) -> nn.Module:
        """The module, with its gradients averaged over the team. all_used: every weight takes part in every step."""
        if self.size == 1:
            return module
        if self.device.type == "cuda":
            module = nn.SyncBatchNorm.convert_sync_batchnorm(module)
        return DistributedDataParallel(module, find_unused_parameters=not all_used)


ALONE = Team(0, 1, torch.device("cpu"))


@contextmanager
def joined_team() -> Iterator[Team]:
    """Join the team that torchrun started this process for; without torchrun, or inside another `joined_team`, that
    is a team of one, or the same team."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
        torch.cuda.set_device(device)
    joins = size > 1 and not distributed.is_initialized()
    if joins:
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Team(distributed.get_rank() if size > 1 else 0, size, device)
    finally:
        if joins:
            distributed.destroy_process_group()
