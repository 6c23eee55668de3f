"""What is said when CUDA or a GPU is missing. Its use is tested with what runs engines."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

import pytest

from edge.ages.tensorrt import cuda as cuda_module
from edge.ages.tensorrt.cuda import Cuda
from edge.errors import RunError, UsageError
from tests.edge.ages.tensorrt.host_gpu import HostRuntime


def test_without_cuda_bindings_the_command_that_installs_them_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in cuda_module.MODULES:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=r"^cuda-bindings is not installed: pip install 'edge-agent\[gpu\]'$"):
        Cuda()


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (
            {"cudaGetDeviceCount": "cudaErrorInsufficientDriver"},
            "cudaGetDeviceCount failed: cudaErrorInsufficientDriver",
        ),
        ({"cudaGetDeviceCount": "cudaErrorNoDevice"}, "cudaGetDeviceCount failed: cudaErrorNoDevice"),
    ],
)
def test_without_a_driver_or_a_gpu_one_line_says_so(runtime: Any, failure: dict[str, str], reason: str) -> None:
    runtime._fails = failure
    with pytest.raises(UsageError) as refused:
        Cuda()
    assert str(refused.value) == (
        f"no NVIDIA GPU can be used here ({reason}): install a current NVIDIA driver, or run on the CPU"
    )


def test_older_bindings_that_find_no_driver_at_all_are_understood(
    runtime: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count() -> None:
        raise RuntimeError("Failed to dlopen libcuda.so.1")

    monkeypatch.setattr(runtime, "cudaGetDeviceCount", count)
    with pytest.raises(UsageError, match=r"^no NVIDIA GPU can be used here \(Failed to dlopen libcuda\.so\.1\): "):
        Cuda()


def test_the_gpu_is_called_by_its_name_and_compute_capability(cuda: Cuda) -> None:
    assert (cuda.name, cuda.capability) == ("NVIDIA RTX 2000 Ada", "8.9")


def test_a_capture_that_fails_ends_so_that_the_stream_can_be_used_again(cuda: Cuda, runtime: Any) -> None:
    def work() -> None:
        raise RunError("not today")

    with pytest.raises(RunError, match="not today"):
        cuda.capture(work)
    assert runtime._captured is None


@pytest.mark.skipif(importlib.util.find_spec("cuda") is None, reason="cuda-bindings is not installed")
def test_the_gpu_in_host_memory_has_nothing_that_cuda_has_not() -> None:
    real = cuda_module._runtime()
    for name in (name for name in vars(HostRuntime) if not name.startswith("_")):
        assert hasattr(real, name), name
        for member in getattr(getattr(HostRuntime, name), "__members__", ()):
            assert hasattr(getattr(real, name), member), member
