"""The age model behind one protocol, and the chooser of its backend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edge.calibration import calibrated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from edge.ages.bundle import Bundle

BUNDLED = Path(__file__).parent.parent / "models" / "age"


class AgeModel(Protocol):
    """Tells ages from aligned crops."""

    backend: str
    """Which one this is, for the log."""

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """crops: uint8 (N, 224, 224, 3) RGB from `edge.crop.align`. Returns float32 (N, 101): each row a distribution
        over the years 0..100."""


class CalibratedAgeModel:
    """A backend whose answers are made as sure as the bundle's manifest says that they may be."""

    def __init__(self, backend: AgeModel, temperature: float) -> None:
        self.uncalibrated, self.backend, self._temperature = backend, backend.backend, temperature

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return calibrated(self.uncalibrated.predict(crops), self._temperature)


def make_age_model(bundle: Bundle, threads: int = 0) -> CalibratedAgeModel:
    """The fastest backend that this box and this bundle have. threads: CPU threads, 0 for all cores."""
    from edge.ages.onnx import OnnxAgeModel

    return CalibratedAgeModel(OnnxAgeModel(bundle.cpu_model, threads), bundle.manifest.temperature)
