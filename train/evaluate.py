"""A model's error, source by source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from train.batches import crops_of, stage_picture
from train.card.measures import signed_years_outside
from train.model import AgeNetwork
from train.pictures import Pictures
from train.precision import half_precision
from train.recipe import Stage
from train.targets import YEARS

_CROPS_PER_BATCH = 32
Predict = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""uint8 (N, 224, 224, 3) RGB crops to float32 (N, 101) age probabilities."""


@dataclass(frozen=True)
class Score:
    """mean_error_years: mean distance of the predicted age from the known age, 0 inside a band. bias_years: mean of the
    signed distance. pictures: number of photos."""

    mean_error_years: float
    bias_years: float
    pictures: int


def evaluate(
    model: AgeNetwork, pictures: Pictures, *, batches: int | None = None, stage: Stage | None = None
) -> dict[str, Score]:
    """Scores of a PyTorch model by source.

    batches: number of batches to use, spread over all pictures; default all. stage: use pictures of that training stage
    instead of the lane's crops.
    """
    if batches is not None and batches * _CROPS_PER_BATCH < len(pictures):
        pictures = pictures[np.linspace(0, len(pictures) - 1, batches * _CROPS_PER_BATCH).astype(int)]
    return scores_by_source(pictures, predicted_ages(stage_predictor(model, stage), pictures))


def stage_predictor(model: AgeNetwork, stage: Stage | None) -> Predict:
    """A PyTorch model as a function from crops to age probabilities. It sees the crops as that training stage prepares
    them; with None, as a lane does."""
    device = next(model.parameters()).device
    model.eval()

    @torch.inference_mode()
    def predict(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        pictures = np.stack([stage_picture(crop, stage) for crop in crops]) if stage else crops
        images = torch.from_numpy(pictures).to(device)
        with half_precision(device):
            probs = model.decode(model.training_outputs(images)[0].float()) if stage else model(images)
        return np.asarray(probs.float().cpu())

    return predict


def predicted_ages(predict: Predict, pictures: Pictures) -> NDArray[np.float32]:
    """float32 (N,): the mean of the predicted distribution of every picture, in years."""
    return predicted_age_probs(predict, pictures) @ YEARS


def predicted_age_probs(predict: Predict, pictures: Pictures) -> NDArray[np.float32]:
    """float32 (N, 101): the predicted distribution of every picture."""
    starts = range(0, len(pictures), _CROPS_PER_BATCH)
    chunks = (pictures[np.arange(start, min(start + _CROPS_PER_BATCH, len(pictures)))] for start in starts)
    return np.concatenate([predict(crops_of(chunk)) for chunk in chunks])


def scores_by_source(pictures: Pictures, ages: NDArray[np.float32]) -> dict[str, Score]:
    """Scores of predicted mean ages (N,) against the known ages."""
    outside = signed_years_outside(ages, pictures.ages)
    return {
        str(source): Score(
            round(float(np.abs(outside[rows]).mean()), 3), round(float(outside[rows].mean()), 3), int(rows.sum())
        )
        for source in np.unique(pictures.sources)
        for rows in [pictures.sources == source]
    }
