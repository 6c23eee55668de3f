"""The training log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from train.evaluate import Score
from train.log import TrainingLog


def scores(**errors: float) -> dict[str, Score]:
    return {source: Score(error, 0.0, 10) for source, error in errors.items()}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[TrainingLog]:
    (tmp_path / "run").mkdir()
    log = TrainingLog(tmp_path / "run", 0)
    yield log
    log.close()


def test_every_epoch_is_a_line(log: TrainingLog, tmp_path: Path) -> None:
    log.epoch(1, 100, 112, scores(faces=8.0, chips=9.0))
    log.epoch(2, 200, 112, scores(faces=7.0, chips=8.0))
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [(line["epoch"], line["step"], line["faces"]["mean_error_years"]) for line in lines] == [
        (1, 100, 8.0),
        (2, 200, 7.0),
    ]


def test_the_best_epoch_has_the_lowest_error_with_sources_weighted_equally(log: TrainingLog) -> None:
    assert log.epochs_since_best == 0
    for epoch, errors in enumerate([(8, 8), (7, 7), (6, 9), (9, 6)], start=1):
        log.epoch(epoch, 100 * epoch, 112, scores(faces=errors[0], chips=errors[1]))
    assert log.epochs_since_best == 2


def test_a_resumed_run_drops_what_the_killed_run_logged_after_its_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    killed = TrainingLog(tmp_path / "run", 0)
    for epoch in (1, 2, 3):
        killed.epoch(epoch, 100 * epoch, 112, scores(faces=8.0 + epoch))
    again = TrainingLog(tmp_path / "run", 200)
    again.epoch(3, 300, 112, scores(faces=1.0))
    killed.close()
    again.close()
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["faces"]["mean_error_years"] for line in lines] == [9.0, 10.0, 1.0]


def test_without_a_folder_the_log_is_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    log = TrainingLog(None, 0)
    log.epoch(1, 100, 112, scores(faces=8.0))
    log.epoch(2, 200, 112, scores(faces=9.0))
    assert log.epochs_since_best == 1
    assert list(tmp_path.iterdir()) == []
