"""In which numbers a network computes while it learns."""

from __future__ import annotations

import torch


def half_precision(device: torch.device) -> torch.autocast:
    """bfloat16 inside the `with` block, where the device computes in it; on other CPUs float32 stays, for there a step
    in bfloat16 takes more than ten times as long (measured on a CPU with AVX2 alone)."""
    able = device.type != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=able)
