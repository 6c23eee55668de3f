"""Fitting the estimate of covered eyes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.errors import RunError
from edge.vision.eye_cover import COLOURS, EYE_COVER_WEIGHTS
from tests.train.builders import LayOut
from train.data import load_train
from train.eyes import fit_eye_cover, write_eye_cover
from train.pictures import Pictures


@pytest.fixture
def many(lay_out: LayOut, tmp_path: Path, portraits: dict[str, np.ndarray]) -> Pictures:
    """The portraits of the tests, each listed often enough to fit on; the first is for validation."""
    pictures = load_train(lay_out(tmp_path / "shop", dict.fromkeys(portraits, "30"), ("mirrored",)))
    return pictures[np.tile(np.arange(len(pictures)), 20)]


@pytest.mark.slow
@pytest.mark.usefixtures("few_photos")
def test_the_fit_tells_sunglasses_from_bare_eyes_and_is_written_as_lanes_load_it(
    many: Pictures, tmp_path: Path
) -> None:
    fit = fit_eye_cover(many, len(many))
    assert fit.photos < len(many), "validation photos are measured, not fitted on"
    assert fit.plain.max() < fit.worn.mean()
    file = tmp_path / "new" / "cover.npz"
    write_eye_cover(fit, file)
    with np.load(file) as written, np.load(EYE_COVER_WEIGHTS) as bundled:
        assert set(written) == set(bundled)
        assert written["weights"].shape == bundled["weights"].shape == (COLOURS,)


def test_too_few_photos_are_named(many: Pictures) -> None:
    with pytest.raises(RunError, match=r"\d photos to fit on and \d to measure: 20 and 1 are needed"):
        fit_eye_cover(many[:6], 4)
