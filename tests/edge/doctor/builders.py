"""Runs one check for a test, and the types of the fixtures that make its targets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edge.demo.clip import FRAMES_PER_SECOND
from edge.doctor.finding import GENERAL_FIXES, Check, Finding, Target
from edge.doctor.targets import BoxTarget, LaneTarget

Pixels = NDArray[np.uint8]
"""A picture, uint8 (H, W, 3) BGR."""

Change = Callable[[Pixels], ArrayLike]
"""Changes a picture; the result is converted to uint8."""


def found(check: Check[Target], target: Target) -> Finding:
    """Runs a check. Its fix must be in the check's list of fixes, from which docs/doctor.md is made."""
    finding = check.finding(target)
    assert "this check crashed" not in finding.seen
    assert bool(finding.fix) == (finding.verdict != "ok")
    assert not finding.fix or is_fix_of(check, finding.fix), finding.fix
    return finding


def is_fix_of(check: Check[Target], fix: str) -> bool:
    """Whether a finding of this check may contain the fix, with any values in the braces."""
    known = (*check.fixes, *GENERAL_FIXES)
    return any(re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(text)), fix) for text in known)


def unchanged(pixels: Pixels) -> Pixels:
    return pixels


class MakeBox(Protocol):
    """Makes a box with one lane for each of these settings; one lane with default settings without any."""

    def __call__(self, *lanes: Mapping[str, object], file: Path | None = None) -> BoxTarget: ...


class MakeLane(Protocol):
    """Makes a lane with these settings; its sockets are files."""

    def __call__(self, **settings: object) -> LaneTarget: ...


class WriteClip(Protocol):
    """Writes the drawn clip with every picture changed by `change`; returns its file."""

    def __call__(self, change: Change = unchanged, rate: float = FRAMES_PER_SECOND) -> Path: ...


class RunAgent(Protocol):
    """Runs an agent with the settings of a lane during a `with` block."""

    def __call__(self, lane: LaneTarget, *flags: str) -> AbstractContextManager[None]: ...
