"""The age model behind one protocol. `edge.ages.choice` says which backend a box gets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edge.ages.calibration import calibrated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUNDLED = Path(__file__).parent.parent / "models" / "age"


class AgeModel(Protocol):
    """Tells ages from aligned crops."""

    @property
    def backend(self) -> str:
        """Which one this is, for the log."""

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """crops: uint8 (N, 224, 224, 3) RGB from `edge.vision.crop.align`. Returns float32 (N, 101): each row a
        distribution over the years 0..100."""


class CalibratedAgeModel:
    """A backend whose answers are made as sure as the bundle's manifest says that they may be."""

    def __init__(self, backend: AgeModel, temperature: float) -> None:
        self.uncalibrated, self._temperature = backend, temperature

    @property
    def backend(self) -> str:
        return self.uncalibrated.backend

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return calibrated(self.uncalibrated.predict(crops), self._temperature)
