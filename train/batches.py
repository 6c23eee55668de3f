"""Batches of augmented crops. Batch k of a run is always the same, so a run can be resumed exactly."""

from __future__ import annotations

import os
from multiprocessing import parent_process
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from edge.errors import RunError
from edge.language.words import words
from edge.vision.contained import PROCESS_START
from edge.vision.crop import CROP_PX, align
from train.augment import CHANGES, augmented_view
from train.pack import read_picture
from train.pictures import Pictures
from train.reader import folds_of
from train.recipe import Recipe, Stage
from train.targets import soft_labels
from train.team import ALONE, Team

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_BATCH_S = 180.0
"""Nobody waits longer for a batch: a process that prepares photos was ended, or its disk does not answer."""

NEW_CROP = -1
"""In `Batch.crops`: a crop that does not return."""

_FACE_MIDDLE = 0.56
"""Vertical position of the middle of the face in the crop, as a share of its side."""

_OLDEST_DECADE = 7
"""People of 70 and older are drawn together: there are few photos of them."""


class Batch(NamedTuple):
    """images: uint8 (B, px, px, 3) RGB; labels: float32 (B, 101); ages: float32 (B, 2), youngest and oldest in years;
    folds: int64 (B,), the teacher's reader for each photo; crops: int64 (B,), which of the returning crops each one is
    (view x photos + photo), or `NEW_CROP`."""

    images: Tensor
    labels: Tensor
    ages: Tensor
    folds: Tensor
    crops: Tensor

    def to(self, device: torch.device) -> Batch:
        """The batch on another device."""
        return Batch(*(tensor.to(device, non_blocking=True) for tensor in self))


class Batches(Dataset[Batch]):
    """The batches of a run; item k is this process's share of the batch of step k."""

    def __init__(self, pictures: Pictures, recipe: Recipe, batch_size: int, steps: int, team: Team = ALONE) -> None:
        self._pictures, self._recipe = pictures, recipe
        self._batch_size, self._steps = min(batch_size, len(pictures)), steps
        if self._batch_size < team.size:
            raise RunError(f"{self._batch_size} photos per step are too few for {team.size} processes: start fewer")
        self._own_rows, self._team_size = slice(team.rank, None, team.size), team.size
        self._labels = soft_labels(pictures.ages)
        self._folds = folds_of(pictures.hashes)
        self._shares = drawn_shares(pictures.ages, recipe.balance)
        self._last_order: tuple[int, NDArray[np.int64]] | None = None

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> Batch:
        epoch, position = divmod(step, len(self._pictures) // self._batch_size)
        first = position * self._batch_size
        rows = self._order(epoch)[first : first + self._batch_size]
        if self._recipe.views is None:
            crops = np.full(len(rows), NEW_CROP)
            randoms = np.random.default_rng([self._recipe.seed, 1, step]).spawn(len(rows))
        else:
            crops = epoch % self._recipe.views * len(self._pictures) + rows
            randoms = self._randoms(crops)
        own = self._own_rows
        return self._batch(rows[own], randoms[own], crops[own], self._recipe.stage(step, self._steps))

    def _randoms(self, crops: NDArray[np.int64]) -> list[np.random.Generator]:
        """What augments each of the crops that return."""
        return [np.random.default_rng([self._recipe.seed, 2, crop]) for crop in crops.tolist()]

    def _batch(
        self, rows: NDArray[np.int64], randoms: list[np.random.Generator], crops: NDArray[np.int64], stage: Stage
    ) -> Batch:
        cv2.setNumThreads(1)
        changes = CHANGES[self._recipe.augment]
        views = [
            augmented_view(
                read_picture(self._pictures.paths[row]),
                self._pictures.keypoints[row],
                random,
                changes,
                self._recipe.augment_strength,
            )
            for row, random in zip(rows, randoms, strict=True)
        ]
        return Batch(
            torch.from_numpy(np.stack([stage_picture(view, stage) for view in views])),
            torch.from_numpy(self._labels[rows]),
            torch.from_numpy(self._pictures.ages[rows]),
            torch.from_numpy(self._folds[rows]),
            torch.from_numpy(crops),
        )

    def _order(self, epoch: int) -> NDArray[np.int64]:
        """The photos of an epoch, in order."""
        if self._last_order is None or self._last_order[0] != epoch:
            self._last_order = epoch, _drawn(self._recipe.seed, epoch, self._shares)
        return self._last_order[1]

    def loader(self, first_step: int, *, pinned: bool = False) -> Iterator[Batch]:
        """The batches from `first_step` on, prepared in worker processes. pinned: in memory from which a GPU copies
        quickly. Raises RunError when the next one does not come."""
        workers = self._recipe.workers
        if workers is None:
            workers = max(1, (os.cpu_count() or 1) // self._team_size)
        batches = DataLoader(
            self,
            batch_size=None,
            sampler=range(first_step, self._steps),
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            multiprocessing_context=PROCESS_START if workers else None,
            pin_memory=pinned,
            timeout=_LONGEST_BATCH_S if workers else 0,
            worker_init_fn=_end_with_the_trainer,
        )
        try:
            yield from batches
        except RuntimeError as problem:
            # One of its own; one of a worker is passed on with its traceback.
            if not str(problem).startswith("DataLoader "):
                raise
            raise RunError(
                words(
                    "a batch was not prepared ({problem}): is there enough memory, and does the disk answer?",
                    problem=problem,
                )
            ) from None


class EveryCrop(Batches):
    """One view of all photos, in their order, as a run whose crops return sees it; the last batch may be smaller."""

    def __init__(self, pictures: Pictures, recipe: Recipe, batch_size: int, view: int) -> None:
        super().__init__(pictures, recipe, batch_size, -(-len(pictures) // batch_size))
        self._view = view

    def __getitem__(self, step: int) -> Batch:
        rows = np.arange(len(self._pictures))[step * self._batch_size :][: self._batch_size]
        crops = self._view * len(self._pictures) + rows
        return self._batch(rows, self._randoms(crops), crops, self._recipe.stage(step, self._steps))


def _end_with_the_trainer(_: int) -> None:
    """Of a worker process: it ends when the trainer was killed. PyTorch looks only at the parent, which is the server
    that started the worker, and that server waits for its workers."""
    trainer = parent_process()
    assert trainer is not None

    def wait() -> None:
        trainer.join()
        os._exit(1)

    Thread(target=wait, name="wait for the trainer", daemon=True).start()


def crops_of(pictures: Pictures) -> NDArray[np.uint8]:
    """The lane's aligned crop of every photo: uint8 (N, 224, 224, 3) RGB."""
    return np.stack(
        [align(read_picture(path), points)
         for path, points in zip(pictures.paths, pictures.keypoints, strict=True)]
    )  # fmt: skip


def stage_picture(crop: NDArray[np.uint8], stage: Stage) -> NDArray[np.uint8]:
    """The part of a crop that a training stage uses, at the stage's size: uint8 (px, px, 3)."""
    left, top, side = _window(stage)
    part = crop[top : top + side, left : left + side]
    if side == stage.picture_px:
        return part
    return np.asarray(cv2.resize(part, (stage.picture_px,) * 2, interpolation=cv2.INTER_AREA), np.uint8)


def _window(stage: Stage) -> tuple[int, int, int]:
    """Left, top and side, in pixels of the crop, of the square that a stage uses."""
    side = round(stage.view * CROP_PX)
    return (CROP_PX - side) // 2, min(round(_FACE_MIDDLE * CROP_PX - side / 2), CROP_PX - side), side


def drawn_shares(ages: NDArray[np.float32], balance: float) -> NDArray[np.float64]:
    """float64 (N,): how often each photo is drawn in an epoch, 1 on average. ages: (N, 2) as in `Pictures`; a band
    counts as its middle. balance: as in the recipe."""
    decades = np.minimum(ages.mean(axis=1) // 10, _OLDEST_DECADE).astype(int)
    shares = 1 / np.bincount(decades)[decades] ** balance
    return np.asarray(shares / shares.mean(), np.float64)


def _drawn(seed: int, epoch: int, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """The photos of an epoch, as many as there are, in random order. A photo with share 2.3 is there two or three
    times; with equal shares every photo is there once."""
    random = np.random.default_rng([seed, 0, epoch])
    order = random.permutation(len(shares))
    if (shares == 1).all():
        return order
    # Systematic sampling: marks at equal distances on the summed shares, from a random start.
    reached = np.cumsum(shares[order])
    marks = (np.arange(len(order)) + random.random()) * (reached[-1] / len(order))
    return random.permutation(order[np.searchsorted(reached, marks, side="right").clip(max=len(order) - 1)])
