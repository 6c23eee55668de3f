"""The age model behind one protocol, and the chooser of its backend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

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


def make_age_model(bundle: Bundle, threads: int = 0) -> AgeModel:
    """The fastest backend that this box and this bundle have. threads: CPU threads, 0 for all cores."""
    from edge.ages.onnx import OnnxAgeModel

    return OnnxAgeModel(bundle.cpu_model, threads)
