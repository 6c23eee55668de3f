"""Whatever lets people see faces is marked, and only when it is asked for."""

from __future__ import annotations

import pytest

from edge.config import load_settings
from edge.privacy import exposures


@pytest.mark.parametrize(
    ("flags", "marks"),
    [
        ([], []),
        (["--web", "127.0.0.1:8080"], []),
        (["--web-unblurred"], ["FACES SHOWN"]),
        (["--debug-pictures", "kept"], ["PICTURES KEPT"]),
        (["--debug-pictures", "kept", "--web-unblurred"], ["FACES SHOWN", "PICTURES KEPT"]),
    ],
)
def test_every_exposure_has_its_mark(flags: list[str], marks: list[str]) -> None:
    assert [one.mark for one in exposures(load_settings(["--camera", "test:", *flags]))] == marks
