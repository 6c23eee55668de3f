"""The self-test that every backend must pass before it is used."""

from __future__ import annotations

import numpy as np
import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import CPU_MODEL, Bundle
from edge.ages.onnx import OnnxAgeModel
from edge.ages.self_test import TOLERANCE_YEARS, check, mean_ages, patterns
from edge.errors import RunError


class Constant:
    """A backend that returns the same distribution for every face."""

    backend = "stub"

    def __init__(self, row: np.ndarray) -> None:
        self._row = row.astype(np.float32)

    def predict(self, crops: np.ndarray) -> np.ndarray:
        return np.repeat(self._row[None], len(crops), axis=0)


ALWAYS_40 = np.eye(101)[40]


def test_the_patterns_are_deterministic_and_differ_from_each_other() -> None:
    first, again = patterns(), patterns()
    assert first.shape == (8, 224, 224, 3)
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert len({pattern.tobytes() for pattern in first}) == 8


def test_the_bundled_model_gives_the_patterns_different_ages_so_that_nonsense_cannot_pass() -> None:
    expected = Bundle(BUNDLED).manifest.self_test[CPU_MODEL]
    assert np.ptp(expected) > 10 * TOLERANCE_YEARS
    with pytest.raises(RunError, match=r"stub is \d+\.\d years off the ages in the manifest"):
        check(Constant(ALWAYS_40), expected)


@pytest.mark.parametrize("file", Bundle(BUNDLED).manifest.self_test)
def test_every_file_of_the_bundle_passes_on_this_machine(file: str) -> None:
    expected = Bundle(BUNDLED).manifest.self_test[file]
    model = OnnxAgeModel(BUNDLED / file)
    check(model, expected)
    assert mean_ages(model) == pytest.approx(expected, abs=TOLERANCE_YEARS)


def test_without_expected_ages_only_distributions_are_checked() -> None:
    check(Constant(ALWAYS_40), ())


@pytest.mark.parametrize(
    "row", [np.full(101, np.nan), np.zeros(101), np.ones(101), np.linspace(-1, 1, 101)],
    ids=["nan", "zeros", "sum above one", "negative"],
)  # fmt: skip
def test_rows_that_are_not_distributions_fail(row: np.ndarray) -> None:
    with pytest.raises(RunError, match="returns no age distributions: its self-test failed"):
        check(Constant(row), ())
