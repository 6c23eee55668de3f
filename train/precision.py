"""Which numeric precision training computes in: bfloat16 or float32."""

from __future__ import annotations

import platform

import torch

_X86 = ("x86_64", "AMD64")


def half_precision(device: torch.device) -> torch.autocast:
    """Autocast to bfloat16 inside the `with` block, where the device supports it natively. Other CPUs stay in float32:
    they emulate bfloat16, and a step takes two to ten times as long (measured on CPUs with AVX2, and with AVX-512 but
    without its bfloat16)."""
    return torch.autocast(device.type, torch.bfloat16, enabled=device.type != "cpu" or _native_on_cpu())


def _native_on_cpu() -> bool:
    """PyTorch's own answer is also yes on every x86 processor with AVX-512, which may emulate it."""
    able: bool = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    if platform.machine() in _X86:
        return able and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return able
