"""The verdict on a bundle's files: a section of its report card, and a table for the terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from edge.ages.bundle import Bundle
from export.verify import Parity, Verification

CARD = "MODEL_CARD.md"
_TITLE = "## The files beside the network"
_HEAD = ("on", "moves an age by", "at most", "error changes by", "decisions that flip", "faces/s")


def write_verdict(verdict: Verification, folder: Path) -> Path:
    """Put the verdict into the report card of the bundle `folder`, in place of an older one; returns the card's path.
    A bundle without a card gets one that says what the model is."""
    file = folder / CARD
    manifest = Bundle(folder).manifest
    card = file.read_text(encoding="utf-8") if file.exists() else f"# Age model: {manifest.name}\n\n{manifest.use}\n"
    without = re.sub(rf"\n*{_TITLE}\n.*?(?=\n\n## |\Z)", "", card, flags=re.DOTALL).rstrip("\n")
    file.write_text(f"{without}\n\n{_section(verdict)}", encoding="utf-8")
    return file


def print_verdict(verdict: Verification) -> None:
    """The same table in colour; what fails is red."""
    table = Table(*_HEAD, title=_introduction(verdict), title_justify="left")
    for one in verdict.parities:
        bad = any(one.file in line and f" on {one.backend} " in line for line in verdict.failed)
        table.add_row(*_row(one), style="red" if bad else "")
    console = Console()
    console.print(table)
    for name, why in verdict.absent.items():
        console.print(f"not on {name}: {why}", style="dim", highlight=False)


def _section(verdict: Verification) -> str:
    lines: list[Sequence[str]] = [_HEAD, ["---"] * len(_HEAD), *map(_row, verdict.parities)]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"{_TITLE}\n\n{_introduction(verdict)}\n\n{table}\n"


def _introduction(verdict: Verification) -> str:
    at = f" Decisions are those at T = {verdict.challenge_age}." if verdict.challenge_age else ""
    return (
        f"Ages on {verdict.photos} photos kept out of training, compared with the network ({verdict.reference}; "
        f"{verdict.faces_per_second:.0f} faces/s), in years.{at}"
    )


def _row(one: Parity) -> tuple[str, ...]:
    flips = "-" if one.flips is None else str(one.flips)
    return (
        one.what, f"{one.mean_years:.3f}", f"{one.worst_years:.2f}", f"{one.error_years:+.3f}", flips,
        f"{one.faces_per_second:.0f}",
    )  # fmt: skip
