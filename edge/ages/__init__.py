"""The protocol of the age model, and its calibration. `edge.ages.choice` picks the backend of a box."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edge.ages.calibration import calibrated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUNDLED = Path(__file__).parent.parent / "models" / "age"


class AgeModel(Protocol):
    """Estimates ages from aligned crops.

    A backend loads its model in the constructor, and raises UsageError when a library, a file or a GPU is missing,
    RunError when they fail. `edge.ages.choice` says how to add a backend.
    """

    @property
    def backend(self) -> str:
        """Runtime, device and file in a few words, for the log. May be read from any thread."""

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Estimate the age of each face.

        crops: uint8 (N, 224, 224, 3) RGB from `edge.vision.crop.align`, N from 0; not modified. Returns a new array,
        float32 (N, 101): each row is a probability distribution over the years 0..100.

        One thread at a time may call a backend; only `edge.ages.batcher.Batcher` may be called by several at once.
        Raises RunError, or an error of the library, when the model fails.
        """


class CalibratedAgeModel:
    """A backend with its distributions calibrated by the temperature of the bundle's manifest."""

    def __init__(self, backend: AgeModel, temperature: float) -> None:
        self.uncalibrated, self._temperature = backend, temperature

    @property
    def backend(self) -> str:
        return self.uncalibrated.backend

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        return calibrated(self.uncalibrated.predict(crops), self._temperature)
