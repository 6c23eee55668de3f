"""The choice of backend: the fastest that loads and passes its self-test, with a reason for each rejected one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from edge.ages import BUNDLED, choice
from edge.ages.bundle import CPU_MODEL, MANIFEST, Bundle
from edge.ages.choice import CPU_BACKENDS, GPU_BACKENDS, choose, load, make_age_model
from edge.ages.fallback import FallbackAgeModel
from edge.ages.onnx import OnnxAgeModel
from edge.errors import RunError, UsageError
from edge.settings.sections import AgeSettings, BackendName

AUTO = AgeSettings()
GREY = np.full((2, 224, 224, 3), 128, np.uint8)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle(BUNDLED)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A box that seems to have an NVIDIA GPU; backends that need it still fail."""
    (tmp_path / "nvidiactl").touch()
    monkeypatch.setattr(choice, "GPU_NODES", (tmp_path / "nvidiactl",))


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(choice, "GPU_NODES", (tmp_path / "nvidiactl",))


def test_the_settings_name_exactly_the_known_backends() -> None:
    assert {"auto", *GPU_BACKENDS, *CPU_BACKENDS} == set(get_args(BackendName))


def test_without_a_gpu_the_cpu_is_chosen_and_the_reason_given(bundle: Bundle, tmp_path: Path, no_gpu: None) -> None:
    chosen = choose(bundle, AUTO, tmp_path)
    assert chosen.name == "cpu"
    assert chosen.reason == "no NVIDIA GPU here: tensorrt, onnx-tensorrt, onnx-tensorrt-rtx, onnx-cuda not used"
    assert not list(tmp_path.iterdir())


def test_a_gpu_that_no_backend_can_use_does_not_prevent_the_start(bundle: Bundle, tmp_path: Path, gpu: None) -> None:
    chosen = choose(bundle, AUTO, tmp_path)
    assert chosen.name == "cpu"
    assert set(chosen.rejected) == set(GPU_BACKENDS)
    assert "pip install onnxruntime-gpu" in chosen.rejected["onnx-cuda"]
    assert all("\n" not in why for why in chosen.rejected.values())


def test_a_working_gpu_is_chosen_with_the_cpu_as_fallback(
    bundle: Bundle, tmp_path: Path, gpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = OnnxAgeModel(bundle.gpu_model)
    real = choice._backends
    monkeypatch.setattr(
        choice, "_backends", lambda *given: real(*given) | {"onnx-cuda": ("age.onnx", lambda: half)}
    )  # fmt: skip
    model, chosen = make_age_model(bundle, AUTO, tmp_path)
    assert chosen.name == "onnx-cuda"
    assert isinstance(model.uncalibrated, FallbackAgeModel)
    before = model.predict(GREY)
    monkeypatch.setattr(half, "predict", lambda _: 1 / 0)
    after = model.predict(GREY)
    assert CPU_MODEL in model.backend
    assert np.abs((before - after) @ np.arange(101)).max() < 3


@pytest.mark.parametrize("name", GPU_BACKENDS)
def test_the_error_for_a_missing_backend_in_the_settings_is_one_line(
    name: BackendName, bundle: Bundle, tmp_path: Path
) -> None:
    with pytest.raises((UsageError, RunError)) as rejected:
        make_age_model(bundle, AgeSettings(backend=name), tmp_path)
    assert "\n" not in str(rejected.value)


def test_a_model_that_fails_its_self_test_is_replaced_by_half_precision(tmp_path: Path, no_gpu: None) -> None:
    copy = shutil.copytree(BUNDLED, tmp_path / "copy")
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["self_test"][CPU_MODEL][0] += 5
    (copy / MANIFEST).write_text(json.dumps(manifest))
    chosen = choose(Bundle(copy), AUTO, tmp_path)
    assert chosen.name == "cpu-half"
    assert "years off the ages in the manifest: its self-test failed" in chosen.rejected["cpu"]
    with pytest.raises(RunError, match="self-test failed"):
        load("cpu", Bundle(copy), AUTO, tmp_path)


def test_when_no_backend_works_the_error_names_all(
    bundle: Bundle, tmp_path: Path, no_gpu: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = {name: (CPU_MODEL, lambda: 1 / 0) for name in CPU_BACKENDS}
    monkeypatch.setattr(choice, "_backends", lambda *_: broken)
    with pytest.raises(RunError, match=r"no backend can run the age model: cpu: ZeroDivisionError.*; cpu-half: "):
        choose(bundle, AUTO, tmp_path)
