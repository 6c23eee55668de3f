"""Chooses the backend that runs the age model on this box, and explains the choice.

To add a backend, add its name to `GPU_BACKENDS` or `CPU_BACKENDS` and to `BackendName` in edge/settings/sections.py,
and its loader to `_backends`.
"""

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
from edge.language.words import joined, words
from edge.settings.sections import BackendName

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.settings.sections import AgeSettings

log = logging.getLogger(__name__)

GPU_BACKENDS: tuple[BackendName, ...] = ("tensorrt", "onnx-tensorrt", "onnx-tensorrt-rtx", "onnx-cuda")
CPU_BACKENDS: tuple[BackendName, ...] = ("cpu", "cpu-half")
"""Fastest first. cpu-half is for CPUs whose eight-bit kernels round differently."""

GPU_NODES = tuple(map(Path, ("/dev/nvidiactl", "/dev/nvhost-gpu", "/dev/nvgpu", "/dev/dxg")))
"""Device files of an NVIDIA GPU on Linux: a card, both generations of Jetson, and a card under Windows (WSL)."""


@dataclass(frozen=True)
class Choice:
    """The chosen backend. rejected: by name, why each faster backend was not chosen."""

    name: BackendName
    model: AgeModel
    rejected: dict[BackendName, str]

    @property
    def reason(self) -> str:
        """Why faster backends were not chosen, in one line for the log; empty when there are none."""
        reasons: dict[str, list[str]] = {}
        for name, why in self.rejected.items():
            reasons.setdefault(why, []).append(name)
        return "; ".join(f"{why}: {', '.join(names)} not used" for why, names in reasons.items())


def make_age_model(bundle: Bundle, settings: AgeSettings, cache_dir: Path) -> tuple[CalibratedAgeModel, Choice]:
    """The fastest backend of this box, calibrated; a GPU backend falls back to the CPU while the GPU fails.

    Raises UsageError or RunError when no backend loads and passes its self-test, or when the one that the settings name
    does not.
    """
    choice = choose(bundle, settings, cache_dir)
    model = choice.model
    if choice.name in GPU_BACKENDS:
        fallback = _first_that_works(CPU_BACKENDS, bundle, settings, cache_dir).model
        model = FallbackAgeModel(model, fallback, lambda: load(choice.name, bundle, settings, cache_dir))
    return CalibratedAgeModel(model, bundle.manifest.temperature), choice


def choose(bundle: Bundle, settings: AgeSettings, cache_dir: Path) -> Choice:
    """The backend that the settings name, or the first that loads and passes its self-test. Raises as above."""
    if settings.backend != "auto":
        return Choice(settings.backend, load(settings.backend, bundle, settings, cache_dir), {})
    if any(node.exists() for node in GPU_NODES):
        return _first_that_works((*GPU_BACKENDS, *CPU_BACKENDS), bundle, settings, cache_dir)
    choice = _first_that_works(CPU_BACKENDS, bundle, settings, cache_dir)
    return Choice(choice.name, choice.model, dict.fromkeys(GPU_BACKENDS, "no NVIDIA GPU here") | choice.rejected)


def load(name: BackendName, bundle: Bundle, settings: AgeSettings, cache_dir: Path) -> AgeModel:
    """Load a backend and run its self-test. Raises UsageError when it is not available here, RunError when it fails."""
    file, make = _backends(bundle, settings, cache_dir)[name]
    model = make()
    self_test.check(model, bundle.manifest.self_test.get(file, ()))
    return model


def _backends(
    bundle: Bundle, settings: AgeSettings, cache_dir: Path
) -> dict[BackendName, tuple[str, Callable[[], AgeModel]]]:
    """By name: the file of the bundle that the backend runs, and what loads it."""
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
    rejected: dict[BackendName, str] = {}
    for name in names:
        try:
            return Choice(name, load(name, bundle, settings, cache_dir), rejected)
        except EdgeError as problem:
            # If even the CPU cannot load the file, the bundle is broken: do not try another backend.
            if name in CPU_BACKENDS and isinstance(problem, UsageError):
                raise
            rejected[name] = str(problem)
        except Exception as problem:  # drivers raise many kinds of errors; another backend may still work
            rejected[name] = f"{type(problem).__name__}: {problem}".splitlines()[0]
    raise RunError(
        words(
            "no backend can run the age model: {reasons}",
            reasons=joined("; ", [joined(": ", [name, why]) for name, why in rejected.items()]),
        )
    )
