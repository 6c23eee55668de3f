"""The numeric precision of training."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from train.precision import half_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(("able", "kind"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_cpu_computes_in_bfloat16_only_if_it_supports_it(
    able: bool, kind: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.ops, "mkldnn", SimpleNamespace(_is_mkldnn_bf16_supported=lambda: able))
    with half_precision(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == kind


def test_the_support_of_this_cpu_can_be_queried() -> None:
    with half_precision(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype in {torch.bfloat16, torch.float32}
