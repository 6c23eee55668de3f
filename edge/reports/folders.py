"""The folders that a report reads: those on the command line, or those of the lanes in the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edge.settings.lanes import load_lanes

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Sequence

    from edge.settings.config import Settings

PURCHASE_FOLDERS = "folders of filed purchases, of one shop or several; default: those of the lanes"
"""Help of --folder for reports on purchases."""


def distinct(folders: Iterable[Path]) -> list[Path]:
    """Absolute paths, each folder once."""
    return list(dict.fromkeys(map(Path.resolve, folders)))


def state_folders(arguments: Namespace) -> list[Path]:
    """State folders of lanes. arguments: with `state_dir` (a list or None) and `config`. Raises UsageError."""
    return distinct(arguments.state_dir or [lane.state_dir for lane in load_lanes([], arguments.config)])


def purchase_folders(arguments: Namespace, lanes: Sequence[Settings]) -> list[Path]:
    """Folders of filed purchases. arguments: with `folder` and `state_dir`, each a list or None."""
    folders = arguments.folder or [folder / "insights" for folder in arguments.state_dir or ()]
    return distinct(folders or [lane.purchases for lane in lanes])
