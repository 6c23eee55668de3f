"""Linear functions fitted by ridge regression, as files that lanes load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def ridge(
    values: NDArray[np.float32], wanted: NDArray[np.float64], regularisation: float
) -> tuple[NDArray[np.float64], float]:
    """Weights (K,) and bias of the ridge regression of `wanted` (N,) on `values` (N, K)."""
    centre, middle = values.mean(axis=0, dtype=np.float64), float(wanted.mean())
    centred = (values - centre).astype(np.float64)
    gram = centred.T @ centred + regularisation * np.eye(values.shape[1])
    weights = np.linalg.solve(gram, centred.T @ (wanted - middle))
    return weights, middle - float(centre @ weights)


def write_linear(weights: NDArray[np.float32], bias: float, file: Path) -> None:
    """Write weights and bias, .npz, into a folder that is made if it is missing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    np.savez(file, weights=weights, bias=np.float32(bias))
