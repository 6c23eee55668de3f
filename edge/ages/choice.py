"""Which backend runs the age model on this box, and why."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.ages import AgeModel, CalibratedAgeModel, self_test
from edge.ages.bundle import CPU_MODEL, GPU_MODEL, Bundle
from edge.ages.fallback import FallbackAgeModel
from edge.ages.onnx import OnnxAgeModel
from edge.errors import EdgeError, RunError, UsageError
from edge.settings.sections import BackendName

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.settings.sections import AgeSettings

log = logging.getLogger(__name__)

GPU_BACKENDS: tuple[BackendName, ...] = ("tensorrt", "onnx-tensorrt", "onnx-tensorrt-rtx", "onnx-cuda")
CPU_BACKENDS: tuple[BackendName, ...] = ("cpu", "cpu-half")
"""Fastest first; cpu-half is for CPUs on which eight-bit kernels round otherwise than they should."""

GPU_NODES = tuple(map(Path, ("/dev/nvidiactl", "/dev/nvhost-gpu", "/dev/nvgpu", "/dev/dxg")))
"""Where Linux shows an NVIDIA GPU: a card, a Jetson of either generation, and a card under Windows."""


@dataclass(frozen=True)
class Choice:
    """The model that was chosen. refused: by name, why what would have been faster was not."""

    name: BackendName
    model: AgeModel
    refused: dict[BackendName, str]

    @property
    def reason(self) -> str:
        """In words, for the log."""
        reasons: dict[str, list[str]] = {}
        for name, why in self.refused.items():
            reasons.setdefault(why, []).append(name)
        return "; ".join(f"{why}: {', '.join(names)} left out" for why, names in reasons.items())


def make_age_model(bundle: Bundle, settings: AgeSettings, cache_dir: Path) -> tuple[CalibratedAgeModel, Choice]:
    """The fastest backend of this box, with the CPU standing in while a GPU fails; calibrated as the bundle says.

    Raises UsageError or RunError when no backend loads and passes its self-test, or not the one that was asked for.
    """
    choice = choose(bundle, settings, cache_dir)
    model = choice.model
    if choice.name in GPU_BACKENDS:
        stand_in = _first_that_works(CPU_BACKENDS, bundle, settings, cache_dir).model
        model = FallbackAgeModel(model, stand_in, lambda: load(choice.name, bundle, settings, cache_dir))
    return CalibratedAgeModel(model, bundle.manifest.temperature), choice


def cpu_age_model(bundle: Bundle) -> CalibratedAgeModel:
    """What the figures in a manifest and on a card were measured with."""
    return CalibratedAgeModel(OnnxAgeModel(bundle.cpu_model), bundle.manifest.temperature)


def choose(bundle: Bundle, settings: AgeSettings, cache_dir: Path) -> Choice:
    """The backend that the settings name, or the first that loads and passes its self-test. Raises as above."""
    if settings.backend != "auto":
        return Choice(settings.backend, load(settings.backend, bundle, settings, cache_dir), {})
    if any(node.exists() for node in GPU_NODES):
        return _first_that_works((*GPU_BACKENDS, *CPU_BACKENDS), bundle, settings, cache_dir)
    choice = _first_that_works(CPU_BACKENDS, bundle, settings, cache_dir)
    return Choice(choice.name, choice.model, dict.fromkeys(GPU_BACKENDS, "no NVIDIA GPU here") | choice.refused)


def load(name: BackendName, bundle: Bundle, settings: AgeSettings, cache_dir: Path) -> AgeModel:
    """One backend, after its self-test. Raises UsageError when it cannot be had here, RunError when it fails."""
    file, make = _backends(bundle, settings, cache_dir)[name]
    model = make()
    self_test.check(model, bundle.manifest.self_test.get(file, ()))
    return model


def _backends(
    bundle: Bundle, settings: AgeSettings, cache_dir: Path
) -> dict[BackendName, tuple[str, Callable[[], AgeModel]]]:
    """By name: which file of the bundle, and how to load it."""
    threads = settings.threads

    def tensorrt() -> AgeModel:
        from edge.ages.tensorrt.model import TensorRtAgeModel

        return TensorRtAgeModel(bundle.gpu_model, cache_dir)

    return {
        "tensorrt": (GPU_MODEL, tensorrt),
        "onnx-tensorrt": (GPU_MODEL, lambda: OnnxAgeModel(bundle.gpu_model, threads, "TensorrtExecutionProvider")),
        "onnx-tensorrt-rtx": (
            GPU_MODEL, lambda: OnnxAgeModel(bundle.gpu_model, threads, "NvTensorRTRTXExecutionProvider")
        ),
        "onnx-cuda": (GPU_MODEL, lambda: OnnxAgeModel(bundle.gpu_model, threads, "CUDAExecutionProvider")),
        "cpu": (CPU_MODEL, lambda: OnnxAgeModel(bundle.cpu_model, threads)),
        "cpu-half": (GPU_MODEL, lambda: OnnxAgeModel(bundle.gpu_model, threads)),
    }  # fmt: skip


def _first_that_works(names: tuple[BackendName, ...], bundle: Bundle, settings: AgeSettings, cache_dir: Path) -> Choice:
    refused: dict[BackendName, str] = {}
    for name in names:
        try:
            return Choice(name, load(name, bundle, settings, cache_dir), refused)
        except EdgeError as problem:
            # A file that the CPU cannot even load is a broken bundle, and nothing to work around.
            if name in CPU_BACKENDS and isinstance(problem, UsageError):
                raise
            refused[name] = str(problem)
        except Exception as problem:  # a driver may fail in ways that no list holds; another backend may not
            refused[name] = f"{type(problem).__name__}: {problem}".splitlines()[0]
    raise RunError("no backend can run the age model: " + "; ".join(f"{name}: {why}" for name, why in refused.items()))
