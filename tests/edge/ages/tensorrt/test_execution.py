"""Running an engine: each face gets its own age, for any number of faces, and failures end in time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import numpy as np
import pytest

from edge.ages.tensorrt.cuda import GPU_WITHIN_S, Cuda
from edge.ages.tensorrt.description import EngineDescription
from edge.ages.tensorrt.engine import LoadedEngine
from edge.ages.tensorrt.execution import Execution
from edge.errors import RunError
from tests.edge.ages.tensorrt.host_gpu import HostRuntime, host_library

MakeEngine = Callable[[EngineDescription], LoadedEngine]
CROP_BYTES, ROW_BYTES = 224 * 224 * 3, 101 * 4


def test_any_number_of_faces_gives_each_its_own_age(
    make_engine: MakeEngine, recorded: EngineDescription, cuda: Cuda, runtime: HostRuntime,
    crops: np.ndarray, expected: np.ndarray,
) -> None:  # fmt: skip
    execution = Execution(host_library(), make_engine(recorded), cuda)
    assert len(runtime._graphs) == 6
    for faces, graphs in {0: [], 1: [0], 3: [2], 40: [5, 3]}.items():
        runtime._launched.clear()
        runtime._copied.clear()
        given = crops[-faces:] if faces else crops[:0]
        probs = execution.predict(given)
        assert (probs.shape, probs.dtype) == ((faces, 101), np.float32)
        assert probs == pytest.approx(expected[40 - faces :], abs=1e-4)
        assert runtime._launched == graphs
        # Only the faces are copied, not the whole batch.
        assert sum(size for kind, size in runtime._copied if kind == "HostToDevice") == faces * CROP_BYTES
        assert sum(size for kind, size in runtime._copied if kind == "DeviceToHost") == faces * ROW_BYTES


def test_a_result_is_not_overwritten_by_the_next(
    make_engine: MakeEngine, small: EngineDescription, cuda: Cuda, crops: np.ndarray
) -> None:
    execution = Execution(host_library(), make_engine(small), cuda)
    first = execution.predict(crops[:1])
    copy = first.copy()
    second = execution.predict(crops[1:2])
    assert np.array_equal(first, copy)
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("shape", [(1, 112, 112, 3), (224, 224, 3), (1, 224, 224, 1)])
def test_crops_of_another_shape_or_type_are_rejected(
    make_engine: MakeEngine, small: EngineDescription, cuda: Cuda, shape: tuple[int, ...]
) -> None:
    execution = Execution(host_library(), make_engine(small), cuda)
    with pytest.raises(ValueError, match="not uint8"):
        execution.predict(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match="float32"):
        execution.predict(np.zeros((1, 224, 224, 3), np.float32))  # type: ignore[arg-type]


def test_tensorrt_for_rtx_gets_the_kernels_of_the_last_start(
    make_engine: MakeEngine, small: EngineDescription, cuda: Cuda
) -> None:
    loaded = make_engine(small)
    execution = Execution(host_library(rtx=True), loaded, cuda, b"kernels of the last start")
    assert loaded.engine._compiled["given"] == b"kernels of the last start"
    assert loaded.engine._compiled["how"].dynamic_shapes_kernel_specialization_strategy == "eager"
    assert execution.kernels == b"compiled kernels"


def test_an_engine_that_cannot_be_captured_runs_without_a_graph_and_is_logged(
    make_engine: MakeEngine, small: EngineDescription, cuda: Cuda, runtime: HostRuntime,
    crops: np.ndarray, expected: np.ndarray, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    loaded = make_engine(small)
    loaded.engine._capturable = False
    execution = Execution(host_library(rtx=True), loaded, cuda)
    assert execution.predict(crops[:3]) == pytest.approx(expected[:3], abs=1e-4)
    assert runtime._graphs == []
    assert caplog.messages == [
        f"TensorRT for RTX 1.7.1: the engine cannot be captured for a batch of {batch} and runs slower"
        for batch in (1, 2)
    ]


def test_an_engine_that_does_not_run_raises_the_reason_and_releases_everything(
    make_engine: MakeEngine, small: EngineDescription, cuda: Cuda, runtime: HostRuntime
) -> None:
    loaded = make_engine(small)
    loaded.engine._runs = False
    with pytest.raises(RunError, match=r"^TensorRT 10\.3\.0 could not run the engine: the card fell off the bus$"):
        Execution(host_library(last_error="the card fell off the bus"), loaded, cuda)
    assert runtime._allocated == {}


def test_the_error_of_a_full_gpu_is_raised(
    make_engine: MakeEngine, small: EngineDescription, cuda: Cuda, runtime: HostRuntime
) -> None:
    runtime._fails["cudaMalloc"] = "cudaErrorMemoryAllocation"
    with pytest.raises(RunError, match=r"^cudaMalloc failed: cudaErrorMemoryAllocation$"):
        Execution(host_library(), make_engine(small), cuda)


def test_a_gpu_failure_is_raised_with_cudas_name_of_it(
    make_engine: MakeEngine, small: EngineDescription, cuda: Cuda, runtime: HostRuntime,
    crops: np.ndarray,
) -> None:  # fmt: skip
    execution = Execution(host_library(), make_engine(small), cuda)
    runtime._fails["cudaStreamQuery"] = "cudaErrorIllegalAddress"
    with pytest.raises(RunError, match=r"^cudaStreamQuery failed: cudaErrorIllegalAddress$"):
        execution.predict(crops[:1])
    execution.close()
    assert runtime._allocated == {}


def test_a_hanging_gpu_is_abandoned(
    make_engine: MakeEngine, small: EngineDescription, cuda: Cuda, runtime: HostRuntime,
    crops: np.ndarray, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    execution = Execution(host_library(), make_engine(small), cuda)
    allocated = dict(runtime._allocated)
    runtime._hangs = True
    start_s = time.monotonic()
    with pytest.raises(RunError, match=r"^the GPU did not answer within 0\.5 s: NVIDIA RTX 2000 Ada$"):
        execution.predict(crops[:1])
    with caplog.at_level(logging.WARNING):
        execution.close()
    assert time.monotonic() - start_s >= GPU_WITHIN_S
    assert runtime._allocated == allocated
    assert "does not answer" in caplog.text


def test_a_closed_execution_holds_no_memory_and_rejects_calls(
    make_engine: MakeEngine, small: EngineDescription, cuda: Cuda, runtime: HostRuntime,
    crops: np.ndarray,
) -> None:  # fmt: skip
    execution = Execution(host_library(), make_engine(small), cuda)
    assert len(runtime._allocated) == 5
    execution.close()
    execution.close()
    assert runtime._allocated == {}
    with pytest.raises(RunError, match="closed"):
        execution.predict(crops[:1])
