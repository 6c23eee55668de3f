"""The result of `edge-export verify`: a section of the bundle's MODEL_CARD.md, and a table in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from edge.ages.bundle import CPU_MODEL, Bundle
from export.verify import Parity, Verification
from train.card.write import with_section

CARD = "MODEL_CARD.md"
_SECTION_TITLE = "## Exported files compared with the network"
_TABLE_HEAD = ("backend and file", "mean change", "largest change", "change of error", "decisions that flip", "faces/s")


def write_verdict(verdict: Verification, folder: Path) -> Path:
    """Write the result into MODEL_CARD.md of the bundle `folder`, in place of an older one; returns the card's path.
    If there is no card, it is created with the model's name and use."""
    file = folder / CARD
    manifest = Bundle(folder).manifest
    card = file.read_text(encoding="utf-8") if file.exists() else f"# Age model: {manifest.name}\n\n{manifest.use}\n"
    file.write_text(with_section(card, _SECTION_TITLE, _section(verdict)), encoding="utf-8")
    return file


def print_verdict(verdict: Verification) -> None:
    """Print the same table in colour; failures are red."""
    # In a terminal of 80 columns the name of a file needs more room than the figures.
    first = Column(_TABLE_HEAD[0], min_width=len(CPU_MODEL), overflow="fold")
    others = [Column(head, max_width=9) for head in _TABLE_HEAD[1:]]
    table = Table(first, *others, title=_introduction(verdict), title_justify="left")
    for parity in verdict.parities:
        failed = any(parity.file in line and f" on {parity.backend} " in line for line in verdict.failed)
        table.add_row(*_row(parity), style="red" if failed else "")
    console = Console()
    console.print(table)
    for name, reason in verdict.absent.items():
        console.print(f"not compared on {name}: {reason}", style="dim", highlight=False)


def _section(verdict: Verification) -> str:
    lines: list[Sequence[str]] = [_TABLE_HEAD, ["---"] * len(_TABLE_HEAD), *map(_row, verdict.parities)]
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"{_SECTION_TITLE}\n\n{_introduction(verdict)}\n\n{table}\n"


def _introduction(verdict: Verification) -> str:
    limit = verdict.max_p_under_18
    decisions = "" if limit is None else f" Who is asked: those under 18 with a probability above {limit:.2%}."
    return (
        f"Predicted ages on {verdict.photos} photos that were not trained on, compared with the network "
        f"({verdict.reference}; {verdict.faces_per_second:.0f} faces/s), in years.{decisions}"
    )


def _row(parity: Parity) -> tuple[str, ...]:
    flips = "-" if parity.flips is None else str(parity.flips)
    return (
        parity.what, f"{parity.mean_years:.3f}", f"{parity.worst_years:.2f}", f"{parity.error_years:+.3f}", flips,
        f"{parity.faces_per_second:.0f}",
    )  # fmt: skip
