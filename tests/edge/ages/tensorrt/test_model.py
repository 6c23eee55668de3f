"""The whole backend on a simulated GPU: starting without an engine, with one, and with a broken one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.ages.tensorrt import box as box_module
from edge.ages.tensorrt import model as model_module
from edge.ages.tensorrt.description import EngineDescription
from edge.ages.tensorrt.engine import BuiltEngine, LoadedEngine
from edge.ages.tensorrt.library import Library
from edge.ages.tensorrt.model import TensorRtAgeModel
from edge.errors import RunError, UsageError
from tests.edge.ages.tensorrt.host_gpu import HostRuntime, host_library

ENGINE = "eb4fdff085d0_tensorrt-10.3.0_nvidia-rtx-2000-ada_8.9.engine"


class Tensorrt:
    """A simulated TensorRT: records builds, and loads engines if `loads` is set."""

    def __init__(self) -> None:
        self.builds: list[dict[str, object]] = []
        self.loads = True
        self.library: Library | None = None


@pytest.fixture
def tensorrt(
    monkeypatch: pytest.MonkeyPatch, runtime: HostRuntime,
    make_engine: Callable[[EngineDescription], LoadedEngine], small: EngineDescription,
) -> Tensorrt:  # fmt: skip
    """TensorRT 10.3.0 on a simulated GPU; `tensorrt.library` can be replaced."""
    box = Tensorrt()
    box.library = host_library(last_error="no kernel image")

    def build(library: Library, onnx: bytes, name: str, **options: object) -> BuiltEngine:
        box.builds.append(options)
        return BuiltEngine(b"engine of " + onnx, b"" if library.rtx else b"timings")

    monkeypatch.setattr(model_module, "find_library", lambda: box.library)
    monkeypatch.setattr(box_module, "build_engine", build)
    monkeypatch.setattr(box_module, "load_engine", lambda library, engine: make_engine(small) if box.loads else None)
    return box


@pytest.fixture
def start(tmp_path: Path, tensorrt: Tensorrt) -> Callable[[], TensorRtAgeModel]:
    (tmp_path / "age.onnx").write_bytes(b"half-precision network")
    return lambda: TensorRtAgeModel(tmp_path / "age.onnx", tmp_path / "cache")


def test_the_first_start_builds_an_engine_and_the_next_start_uses_it(
    start: Callable[[], TensorRtAgeModel], tensorrt: Tensorrt, tmp_path: Path, crops: np.ndarray, expected: np.ndarray
) -> None:
    for _ in range(2):
        model = start()
        assert model.backend == "TensorRT 10.3.0, NVIDIA RTX 2000 Ada (8.9), age.onnx"
        assert model.largest_batch == 2
        assert model.predict(crops[:3]) == pytest.approx(expected[:3], abs=1e-4)
        model.close()
    assert len(tensorrt.builds) == 1
    assert {file.name for file in (tmp_path / "cache").iterdir()} == {
        ENGINE, "tensorrt-10.3.0_nvidia-rtx-2000-ada_8.9.timings",
    }  # fmt: skip


def test_a_rebuild_uses_the_timings_of_the_last_build(
    start: Callable[[], TensorRtAgeModel], tensorrt: Tensorrt, tmp_path: Path
) -> None:
    start().close()
    (tmp_path / "cache" / ENGINE).write_bytes(b"damaged by the disk")
    start().close()
    assert tensorrt.builds == [{"capability": None, "timings": b""}, {"capability": None, "timings": b"timings"}]


def test_tensorrt_for_rtx_builds_for_the_compute_capability_and_its_kernels_are_cached(
    start: Callable[[], TensorRtAgeModel], tensorrt: Tensorrt, tmp_path: Path
) -> None:
    tensorrt.library = host_library(rtx=True)
    for _ in range(2):
        start().close()
    assert tensorrt.builds == [{"capability": "8.9", "timings": b""}]
    key = "eb4fdff085d0_tensorrt-for-rtx-1.7.1_nvidia-rtx-2000-ada_8.9"
    assert {file.name for file in (tmp_path / "cache").iterdir()} == {f"{key}.engine", f"{key}.kernels"}


def test_the_error_for_an_engine_that_never_loads_has_tensorrts_reason(
    start: Callable[[], TensorRtAgeModel], tensorrt: Tensorrt, runtime: HostRuntime
) -> None:
    tensorrt.loads = False
    with pytest.raises(RunError, match=r"^TensorRT 10\.3\.0 does not load the engine that it built: no kernel image$"):
        start()
    assert runtime._allocated == {}


def test_the_error_for_a_missing_file_names_it(tensorrt: Tensorrt, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^cannot read .*gone\.onnx: No such file or directory$"):
        TensorRtAgeModel(tmp_path / "gone.onnx", tmp_path)


def test_closing_the_model_releases_the_memory(start: Callable[[], TensorRtAgeModel], runtime: HostRuntime) -> None:
    model = start()
    model.close()
    assert runtime._allocated == {}
    with pytest.raises(RunError, match="closed"):
        model.predict(np.zeros((1, 224, 224, 3), np.uint8))
