"""The processes that train together under torchrun, or the single process without it."""

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
    """A torch.distributed process group. rank: number of this process, 0 is the leader. size: number of processes.
    device: the device this process computes on."""

    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this process evaluates and writes files."""
        return self.rank == 0

    @contextmanager
    def leader_first(self) -> Iterator[None]:
        """The leader runs the block first, then the others: for work whose result is cached on disk."""
        if not self.leads:
            distributed.barrier()
        yield
        if self.leads and self.size > 1:
            distributed.barrier()

    def from_leader(self, value: bool) -> bool:
        """The leader's value, broadcast to every process."""
        if self.size == 1:
            return value
        broadcast = torch.tensor([int(value)], device=self.device)
        distributed.broadcast(broadcast, 0)
        return bool(broadcast.item())

    def data_parallel(self, module: nn.Module, *, all_used: bool) -> nn.Module:
        """The module, with its gradients averaged over the processes. all_used: every weight has a gradient in every
        step."""
        if self.size == 1:
            return module
        if self.device.type == "cuda":
            module = nn.SyncBatchNorm.convert_sync_batchnorm(module)  # type: ignore[no-untyped-call]
        return DistributedDataParallel(module, find_unused_parameters=not all_used)


ALONE = Team(0, 1, torch.device("cpu"))


@contextmanager
def joined_team() -> Iterator[Team]:
    """Join the process group that torchrun started this process for. Without torchrun the team has one process; inside
    another `joined_team` it is the same team."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    device = torch.device("cpu")
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
        torch.cuda.set_device(device)
        torch.backends.cudnn.benchmark = True  # all pictures of a stage have one size
    joins = size > 1 and not distributed.is_initialized()
    if joins:
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Team(distributed.get_rank() if size > 1 else 0, size, device)
    finally:
        if joins:
            distributed.destroy_process_group()
