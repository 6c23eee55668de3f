"""How far off a model is, source by source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from train.batches import crops_of, shown
from train.card.measures import beyond
from train.model import AgeNetwork
from train.pictures import Pictures
from train.precision import half_precision
from train.recipe import Stage
from train.targets import YEARS

_BATCH = 32
Predict = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""uint8 (N, 224, 224, 3) RGB crops to float32 (N, 101) age probabilities."""


@dataclass(frozen=True)
class Score:
    """mean_error_years: mean distance of the mean age from what is known, 0 inside a band. bias_years: its mean with
    sign. pictures: how many were looked at."""

    mean_error_years: float
    bias_years: float
    pictures: int


def evaluate(
    model: AgeNetwork, pictures: Pictures, *, batches: int | None = None, stage: Stage | None = None
) -> dict[str, Score]:
    """Scores of a PyTorch model by source.

    batches: look at only so many batches, spread over all pictures. stage: show the crops as
    that stage of training does, and not as a lane would.
    """
    if batches is not None and batches * _BATCH < len(pictures):
        pictures = pictures[np.linspace(0, len(pictures) - 1, batches * _BATCH).astype(int)]
    return scores_by_source(pictures, mean_ages(as_shown(model, stage), pictures))


def as_shown(model: AgeNetwork, stage: Stage | None) -> Predict:
    """A PyTorch model as a function from crops to age probabilities; it is shown them as in that stage of training, or
    as a lane would."""
    device = next(model.parameters()).device
    model.eval()

    @torch.inference_mode()
    def predict(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        images = torch.from_numpy(np.stack([shown(crop, stage) for crop in crops]) if stage else crops).to(device)
        with half_precision(device):
            probs = model.decode(model.lesson(images)[0].float()) if stage else model(images)
        return np.asarray(probs.float().cpu())

    return predict


def mean_ages(predict: Predict, pictures: Pictures) -> NDArray[np.float32]:
    """float32 (N,): the mean of the predicted distribution of every picture, in years."""
    starts = range(0, len(pictures), _BATCH)
    chunks = (pictures[np.arange(start, min(start + _BATCH, len(pictures)))] for start in starts)
    return np.concatenate([predict(crops_of(chunk)) @ YEARS for chunk in chunks])


def scores_by_source(pictures: Pictures, ages: NDArray[np.float32]) -> dict[str, Score]:
    """Compare predicted mean ages (N,) with what is known of the pictures."""
    outside = beyond(ages, pictures.ages)
    return {
        str(source): Score(
            round(float(np.abs(outside[rows]).mean()), 3), round(float(outside[rows].mean()), 3), int(rows.sum())
        )
        for source in np.unique(pictures.sources)
        for rows in [pictures.sources == source]
    }
