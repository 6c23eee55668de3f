"""Which numeric precision training computes in: bfloat16 or float32."""

from __future__ import annotations

import torch


def half_precision(device: torch.device) -> torch.autocast:
    """Autocast to bfloat16 inside the `with` block, where the device supports it natively. Other CPUs stay in float32:
    they emulate bfloat16, and a step takes more than ten times as long (measured on a CPU with AVX2 only)."""
    able = device.type != "cpu" or torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=able)
