"""The training log: `log.jsonl`, TensorBoard events, and how many epochs ago the best one was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from train.evaluate import Score


class TrainingLog:
    """The log of a run, in its folder; without a folder it is kept in memory only.

    run_dir: where `log.jsonl` (a line per epoch) and `tensorboard/` go. first: the step that the run continues from;
    entries that a killed run wrote for later steps are dropped.
    """

    def __init__(self, run_dir: Path | None, first: int) -> None:
        self._file = run_dir / "log.jsonl" if run_dir else None
        self._events = SummaryWriter(str(run_dir / "tensorboard"), purge_step=first) if run_dir else None
        lines = self._file.read_text(encoding="utf-8").splitlines() if self._file and self._file.exists() else []
        self._lines = [line for line in map(json.loads, lines) if line["step"] <= first]

    def step(self, step: int, losses: Mapping[str, Tensor]) -> None:
        for name, value in losses.items():
            if self._events:
                self._events.add_scalar(f"loss/{name}", value.item(), step)

    def epoch(self, epoch: int, step: int, picture_px: int, scores: Mapping[str, Score]) -> str:
        """Write an epoch to the log; returns its line."""
        line = {"epoch": epoch, "step": step, "picture_px": picture_px}
        self._lines.append(line | {name: asdict(score) for name, score in scores.items()})
        if self._file and self._events:
            self._file.write_text("".join(json.dumps(each) + "\n" for each in self._lines), encoding="utf-8")
            for name, score in scores.items():
                self._events.add_scalar(f"mean_error_years/{name}", score.mean_error_years, step)
        return json.dumps(self._lines[-1])

    @property
    def epochs_since_best(self) -> int:
        """0 when the last epoch was the best: the lowest mean error, with every source weighted equally."""
        errors = [_error(line) for line in self._lines]
        return len(errors) - 1 - min(range(len(errors)), key=errors.__getitem__) if errors else 0

    def close(self) -> None:
        if self._events:
            self._events.close()


def _error(line: Mapping[str, object]) -> float:
    errors = [float(score["mean_error_years"]) for score in line.values() if isinstance(score, dict)]
    return sum(errors) / len(errors)
