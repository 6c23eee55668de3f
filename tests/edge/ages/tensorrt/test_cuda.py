"""Errors when CUDA or a GPU is missing. The use of CUDA is tested in test_execution.py."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from edge.ages.tensorrt import cuda as cuda_module
from edge.ages.tensorrt.cuda import Cuda
from edge.errors import RunError, UsageError
from tests.edge.ages.tensorrt.host_gpu import HostRuntime


def test_the_error_without_cuda_bindings_names_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
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
def test_the_error_without_a_driver_or_a_gpu_is_one_line(
    runtime: HostRuntime, failure: dict[str, str], reason: str
) -> None:
    runtime._fails = failure
    with pytest.raises(UsageError) as rejected:
        Cuda()
    assert str(rejected.value) == (
        f"no NVIDIA GPU can be used here ({reason}): install a current NVIDIA driver, or run on the CPU"
    )


def test_the_error_of_older_bindings_without_a_driver_is_handled(
    runtime: HostRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count() -> None:
        raise RuntimeError("Failed to dlopen libcuda.so.1")

    monkeypatch.setattr(runtime, "cudaGetDeviceCount", count)
    with pytest.raises(UsageError, match=r"^no NVIDIA GPU can be used here \(Failed to dlopen libcuda\.so\.1\): "):
        Cuda()


def test_name_and_compute_capability_are_read(cuda: Cuda) -> None:
    assert (cuda.name, cuda.capability) == ("NVIDIA RTX 2000 Ada", "8.9")


def test_a_failed_capture_is_ended_so_that_the_stream_can_be_used_again(cuda: Cuda, runtime: HostRuntime) -> None:
    def work() -> None:
        raise RunError("not today")

    with pytest.raises(RunError, match="not today"):
        cuda.capture(work)
    assert runtime._captured is None


@pytest.mark.skipif(importlib.util.find_spec("cuda") is None, reason="cuda-bindings is not installed")
def test_the_simulated_runtime_has_only_functions_of_cuda() -> None:
    real = cuda_module._runtime()
    for name in (name for name in vars(HostRuntime) if not name.startswith("_")):
        assert hasattr(real, name), name
        for member in getattr(getattr(HostRuntime, name), "__members__", ()):
            assert hasattr(getattr(real, name), member), member
