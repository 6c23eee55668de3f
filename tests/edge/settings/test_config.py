"""Settings cannot change, and their hash names those that decide."""

from __future__ import annotations

import pytest

from edge.settings.config import Settings
from edge.settings.load import load_settings


def test_settings_are_immutable() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().lane = "lane-2"  # type: ignore[misc]


def test_the_hash_of_unchanged_settings_stays_the_same() -> None:
    """Literals: a record's hash must keep naming the same settings, until a new setting or default decides
    something, as `quality.max_eye_cover` did last."""
    assert load_settings([]).hash == "7220f6b9b795"
    flags = [
        "--mode",
        "on-sale",
        "--policy.challenge-age",
        "30",
        "--quality.min-sharpness",
        "20",
        "--detector.name",
        "yunet",
    ]
    assert load_settings([*flags, "--zone", "[[0, 0], [1, 0], [0.5, 1]]"]).hash == "4dae96022d26"


@pytest.mark.parametrize(
    ("flags", "changes"),
    [
        (["--policy.min-looks", "4"], True),
        (["--detector.rate", "10"], True),
        (["--camera", "test:"], False),
        (["--till.alert-expires-s", "5"], False),
    ],
)
def test_the_hash_changes_only_with_settings_that_decide(flags: list[str], changes: bool) -> None:
    assert (load_settings(flags).hash != load_settings([]).hash) == changes
