"""The self-test that every backend passes before it is believed."""

from __future__ import annotations

import numpy as np
import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import CPU_MODEL, Bundle
from edge.ages.onnx import OnnxAgeModel
from edge.ages.self_test import TOLERANCE_YEARS, check, mean_ages, patterns
from edge.errors import RunError


class Says:
    """A backend that gives everybody one distribution."""

    backend = "stub"

    def __init__(self, row: np.ndarray) -> None:
        self._row = row.astype(np.float32)

    def predict(self, crops: np.ndarray) -> np.ndarray:
        return np.repeat(self._row[None], len(crops), axis=0)


ALWAYS_40 = np.eye(101)[40]


def test_the_patterns_are_always_the_same_and_look_different() -> None:
    first, again = patterns(), patterns()
    assert first.shape == (8, 224, 224, 3)
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert len({pattern.tobytes() for pattern in first}) == 8


def test_the_bundled_model_tells_the_patterns_apart_so_that_nonsense_cannot_pass() -> None:
    expected = Bundle(BUNDLED).manifest.self_test[CPU_MODEL]
    assert np.ptp(expected) > 10 * TOLERANCE_YEARS
    with pytest.raises(RunError, match=r"stub is \d+\.\d years off what the model says elsewhere"):
        check(Says(ALWAYS_40), expected)


@pytest.mark.parametrize("file", Bundle(BUNDLED).manifest.files)
def test_every_file_of_the_bundle_passes_on_this_machine(file: str) -> None:
    expected = Bundle(BUNDLED).manifest.self_test[file]
    model = OnnxAgeModel(BUNDLED / file)
    check(model, expected)
    assert mean_ages(model) == pytest.approx(expected, abs=TOLERANCE_YEARS)


def test_a_bundle_of_an_older_release_only_asks_for_distributions() -> None:
    check(Says(ALWAYS_40), ())


@pytest.mark.parametrize(
    "row", [np.full(101, np.nan), np.zeros(101), np.ones(101), np.linspace(-1, 1, 101)],
    ids=["not a number", "nothing", "more than all", "negative"],
)  # fmt: skip
def test_what_is_no_distribution_fails(row: np.ndarray) -> None:
    with pytest.raises(RunError, match="gives no age distributions: its self-test failed"):
        check(Says(row), ())
