"""The age model on a real GPU: engines are built, cached and run, and ages are the same as on the CPU."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edge.ages.bundle import Bundle
from edge.ages.tensorrt.box import BoxEngine
from edge.ages.tensorrt.cache import EngineCache
from edge.ages.tensorrt.cuda import Cuda
from edge.ages.tensorrt.engine import PROFILE_BATCHES
from edge.ages.tensorrt.library import find_library
from edge.ages.tensorrt.model import TensorRtAgeModel
from edge.errors import RunError
from export.cli import main
from tests.gpu.faces import YEARS

pytestmark = pytest.mark.gpu

Start = Callable[[], TensorRtAgeModel]


@pytest.fixture
def start(model: TensorRtAgeModel, bundle: Bundle, cache: Path) -> Start:
    """Starts the model again, with the cached engine."""
    return lambda: TensorRtAgeModel(bundle.gpu_model, cache)


@pytest.fixture
def engine_file(model: TensorRtAgeModel, cache: Path) -> Path:
    (file,) = cache.glob("*.engine")
    return file


def test_ages_are_the_same_as_with_onnx_runtime(model: TensorRtAgeModel, crops: np.ndarray, on_cpu: np.ndarray) -> None:
    probs = model.predict(crops)
    assert (probs.shape, probs.dtype) == ((100, 101), np.float32)
    assert probs.sum(axis=1) == pytest.approx(1, abs=0.01)
    difference = np.abs((probs - on_cpu) @ YEARS)
    assert difference.mean() <= 0.05
    assert difference.max() <= 0.5


@pytest.mark.parametrize("batch", [*PROFILE_BATCHES, 0, 3, 33, 100])
def test_every_batch_gives_each_face_its_own_age(
    model: TensorRtAgeModel, crops: np.ndarray, on_cpu: np.ndarray, batch: int
) -> None:
    assert np.abs((model.predict(crops[:batch]) - on_cpu[:batch]) @ YEARS).max(initial=0) <= 0.5


def test_a_hundred_odd_batches_in_a_row(model: TensorRtAgeModel, crops: np.ndarray, on_cpu: np.ndarray) -> None:
    random = np.random.default_rng(1)
    for _ in range(100):
        chosen = random.integers(0, len(crops), random.integers(1, 70))
        assert np.abs((model.predict(crops[chosen]) - on_cpu[chosen]) @ YEARS).max() <= 0.5


def test_the_same_faces_get_the_same_result(model: TensorRtAgeModel, crops: np.ndarray) -> None:
    first = model.predict(crops[:32])
    model.predict(crops[50:])
    assert np.array_equal(model.predict(crops[:32]), first)


def test_every_profile_runs_as_a_cuda_graph(model: TensorRtAgeModel) -> None:
    assert len(model._execution._cuda._graphs) == len(PROFILE_BATCHES)


def test_the_backend_names_the_gpu(model: TensorRtAgeModel) -> None:
    assert re.fullmatch(r"TensorRT (for RTX )?[\d.]+, .+ \(\d+\.\d\), age\.onnx", model.backend)
    assert model.largest_batch == 32


def test_the_next_start_uses_the_cached_engine(start: Start, engine_file: Path) -> None:
    written = engine_file.stat().st_mtime_ns
    start().close()
    assert engine_file.stat().st_mtime_ns == written


@pytest.mark.parametrize("damage", ["corrupt", "empty", "no engine"])
def test_a_broken_engine_is_built_again(
    start: Start, engine_file: Path, crops: np.ndarray, on_cpu: np.ndarray, damage: str
) -> None:
    whole = engine_file.read_bytes()
    if damage == "no engine":  # the checksum is right, but TensorRT cannot load it
        EngineCache(engine_file.parent).write(engine_file.name, b"no engine")
    else:
        engine_file.write_bytes(whole[: len(whole) // 2] + b"?" if damage == "corrupt" else b"")
    model = start()
    assert np.abs((model.predict(crops[:4]) - on_cpu[:4]) @ YEARS).max() <= 0.5
    model.close()
    assert len(engine_file.read_bytes()) > len(whole) // 2


def test_an_engine_from_edge_export_is_used(
    model: TensorRtAgeModel, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["edge-export", "engine", str(bundle.folder), "--cache", str(tmp_path)])
    main()
    (file,) = tmp_path.glob("*.engine")
    written = file.stat().st_mtime_ns
    TensorRtAgeModel(bundle.gpu_model, tmp_path).close()
    assert file.stat().st_mtime_ns == written


def test_the_engine_reports_half_precision_for_its_convolutions(
    model: TensorRtAgeModel, bundle: Bundle, cache: Path
) -> None:
    library, cuda = find_library(), Cuda()
    loaded = BoxEngine(library, bundle.gpu_model, cache, cuda).obtain()
    inspector = loaded.engine.create_engine_inspector()
    information = json.loads(inspector.get_engine_information(library.trt.LayerInformationFormat.JSON) or "{}")
    layers = [layer for layer in information.get("Layers", ()) if isinstance(layer, dict)]
    convolutions = [layer for layer in layers if "conv" in str(layer.get("LayerType", "")).lower()]
    cuda.close()
    if not convolutions:
        pytest.skip(f"{library.name} does not list its convolutions")
    for layer in convolutions:
        assert re.search("half|fp16", json.dumps(layer["Inputs"][0]), re.IGNORECASE), layer


def test_two_models_share_the_gpu(model: TensorRtAgeModel, start: Start, crops: np.ndarray, on_cpu: np.ndarray) -> None:
    other = start()
    for part in (slice(0, 5), slice(5, 40)):
        for each in (model, other):
            assert np.abs((each.predict(crops[part]) - on_cpu[part]) @ YEARS).max() <= 0.5
    other.close()


def test_a_closed_model_can_be_loaded_again(start: Start, crops: np.ndarray, on_cpu: np.ndarray) -> None:
    model = start()
    began_s = time.monotonic()
    model.close()
    assert time.monotonic() - began_s < 1
    with pytest.raises(RunError, match="closed"):
        model.predict(crops[:1])
    again = start()
    assert np.abs((again.predict(crops[:1]) - on_cpu[:1]) @ YEARS).max() <= 0.5
    again.close()
