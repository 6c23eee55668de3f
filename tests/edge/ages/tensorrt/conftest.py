"""Fixtures for the TensorRT tests: a simulated GPU in host memory, crops, and ONNX Runtime's results for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import CPU_MODEL
from edge.ages.onnx import OnnxAgeModel
from edge.ages.tensorrt import cuda as cuda_module
from edge.ages.tensorrt.cuda import Cuda
from edge.ages.tensorrt.description import EngineDescription
from edge.ages.tensorrt.engine import LoadedEngine
from tests.edge.ages.tensorrt.host_gpu import HostEngine, HostRuntime

RECORDED = Path(__file__).parent / "engine.json"


@pytest.fixture(scope="session")
def recorded() -> EngineDescription:
    """The description of an engine of age.onnx; tests/export/test_tensorrt.py compares it with a real one."""
    return EngineDescription.model_validate_json(RECORDED.read_bytes())


@pytest.fixture(scope="session")
def cpu_model() -> OnnxAgeModel:
    return OnnxAgeModel(BUNDLED / CPU_MODEL, 1)


@pytest.fixture(scope="session")
def crops() -> np.ndarray:
    """Patches of colour with different estimated ages. uint8 (40, 224, 224, 3)."""
    coarse = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 3), np.uint8)
    return coarse.repeat(56, axis=1).repeat(56, axis=2)


@pytest.fixture(scope="session")
def expected(cpu_model: OnnxAgeModel, crops: np.ndarray) -> np.ndarray:
    """ONNX Runtime's results for the crops: float32 (40, 101)."""
    return cpu_model.predict(crops)


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> HostRuntime:
    """Simulated CUDA in host memory, instead of the real one."""
    runtime = HostRuntime()
    monkeypatch.setattr(cuda_module, "_runtime", lambda: runtime)
    return runtime


@pytest.fixture
def cuda(runtime: HostRuntime) -> Iterator[Cuda]:
    cuda = Cuda()
    yield cuda
    runtime._hangs = False
    cuda.close()


@pytest.fixture
def small(recorded: EngineDescription) -> EngineDescription:
    """As recorded, but with batches of one and two only, which load quickly."""
    return recorded.model_copy(update={"batches": (1, 2)})


@pytest.fixture
def make_engine(runtime: HostRuntime, cpu_model: OnnxAgeModel) -> Callable[[EngineDescription], LoadedEngine]:
    def make(description: EngineDescription) -> LoadedEngine:
        return LoadedEngine(HostEngine(runtime, cpu_model, description), None, description)

    return make
