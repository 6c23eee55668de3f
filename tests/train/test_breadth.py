"""Fitting the estimate of how broad a face is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.errors import RunError
from edge.vision.proportions import BREADTH_WEIGHTS, EDGES
from tests.train.builders import LayOut
from train.breadth import fit_breadth, write_breadth
from train.pictures import Pictures, read_labels


@pytest.fixture
def many(lay_out: LayOut, tmp_path: Path, portraits: dict[str, np.ndarray]) -> Pictures:
    """The portraits of the tests, each listed often enough to fit on."""
    shop = lay_out(tmp_path / "shop", dict.fromkeys(portraits, "30"))
    pictures, _ = read_labels(shop)
    return pictures[np.tile(np.arange(len(pictures)), 12)]


@pytest.mark.slow
def test_the_fit_orders_squeezed_faces_by_their_breadth_and_is_written_as_lanes_load_it(
    many: Pictures, tmp_path: Path
) -> None:
    fit = fit_breadth(many, len(many))
    assert fit.photos < len(many), "every tenth is for testing"
    assert fit.correlation > 0.5
    file = tmp_path / "new" / "breadth.npz"
    write_breadth(fit, file)
    with np.load(file) as written, np.load(BREADTH_WEIGHTS) as bundled:
        assert set(written) == set(bundled)
        assert written["weights"].shape == bundled["weights"].shape == (EDGES,)


def test_too_few_faces_are_named(many: Pictures) -> None:
    with pytest.raises(RunError, match=r"faces were found on \d of 4 photos: too few"):
        fit_breadth(many, 4)
