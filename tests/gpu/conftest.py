"""The age model on this machine's GPU. Without a GPU, or a TensorRT for it, the tests are skipped with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.onnx import OnnxAgeModel
from edge.ages.tensorrt.cuda import Cuda
from edge.ages.tensorrt.library import find_library
from edge.ages.tensorrt.model import TensorRtAgeModel
from edge.errors import UsageError
from tests.gpu.faces import faces


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--bundle", type=Path, help="the bundle to test on the GPU; default: the bundled one")


@pytest.fixture(scope="session")
def gpu() -> None:
    try:
        cuda, library = Cuda(), find_library()
    except UsageError as missing:
        pytest.skip(str(missing))
    cuda.close()
    if library.rtx and cuda.capability not in library.capabilities:
        pytest.skip(f"{library.name} does not support {cuda.name} ({cuda.capability})")


@pytest.fixture(scope="session")
def bundle(gpu: None, request: pytest.FixtureRequest) -> Bundle:
    return Bundle(request.config.getoption("--bundle", default=None) or BUNDLED)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of engines, shared by all tests so that few are built."""
    return tmp_path_factory.mktemp("engines")


@pytest.fixture(scope="session")
def model(bundle: Bundle, cache: Path) -> Iterator[TensorRtAgeModel]:
    model = TensorRtAgeModel(bundle.gpu_model, cache)
    yield model
    model.close()


@pytest.fixture(scope="session")
def crops() -> np.ndarray:
    """uint8 (100, 224, 224, 3)."""
    return faces(100)


@pytest.fixture(scope="session")
def on_cpu(bundle: Bundle, crops: np.ndarray) -> np.ndarray:
    """ONNX Runtime's results for the crops with the same file: float32 (100, 101)."""
    cpu_model = OnnxAgeModel(bundle.gpu_model)
    return np.concatenate([cpu_model.predict(part) for part in np.split(crops, 10)])
