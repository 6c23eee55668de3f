"""The numeric precision of training."""

from __future__ import annotations

import platform
from types import SimpleNamespace

import pytest
import torch

from train.precision import half_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("machine", "able", "native", "kind"),
    [
        ("x86_64", True, True, torch.bfloat16),
        ("x86_64", True, False, torch.float32),  # AVX-512 alone: PyTorch would emulate bfloat16
        ("x86_64", False, False, torch.float32),
        ("aarch64", True, False, torch.bfloat16),
        ("aarch64", False, False, torch.float32),
    ],
)
def test_a_cpu_computes_in_bfloat16_only_if_it_has_it(
    machine: str, able: bool, native: bool, kind: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(torch.ops, "mkldnn", SimpleNamespace(_is_mkldnn_bf16_supported=lambda: able))
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: native)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    with half_precision(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == kind


def test_the_support_of_this_cpu_can_be_queried() -> None:
    with half_precision(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype in {torch.bfloat16, torch.float32}
