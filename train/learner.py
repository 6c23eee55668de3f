"""The network and its losses as one module, so that data-parallel training can wrap both."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from edge.vision.faces import AGES
from train.batches import Batch
from train.model import MAP_CHANNELS, AgeNetwork
from train.precision import half_precision
from train.reader import FOLDS, READER_WIDTH
from train.recipe import Recipe
from train.targets import deciding_loss, with_opinions, years_outside
from train.teacher import Teacher, TeacherAnswers

_LAYER_GROUPS = (("conv1", "bn1", "layer1"), ("layer2",), ("layer3",))
"""Groups of layers that can be frozen, first to last; the recipe's `frozen` says how many of them are."""


class Learner(nn.Module):
    """The age network and the layers that only its training needs: 1x1 convolutions that map its normalised feature
    maps to the teacher's channels (Romero et al. 2015, arXiv:1412.6550), and a layer that predicts the hidden layer of
    each of the teacher's readers."""

    years: Tensor

    def __init__(self, model: AgeNetwork, recipe: Recipe, teacher: Teacher | None = None) -> None:
        super().__init__()
        self.model, self.recipe = model, recipe
        self.translations = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(channels, affine=False), nn.Conv2d(channels, wanted, 1))
            for channels, wanted in zip(MAP_CHANNELS, teacher.map_channels if teacher else (), strict=False)
        )
        imitates_readers = teacher is not None and teacher.reads_ages and recipe.hidden_weight > 0
        self.hidden = nn.Linear(model.age.in_features, FOLDS * READER_WIDTH) if imitates_readers else None
        self.imitates_embedding = teacher is not None and recipe.embedding_weight > 0
        for layer in self._frozen():
            layer.requires_grad_(False)
        self.register_buffer("years", torch.arange(AGES, dtype=torch.float32), persistent=False)

    def train(self, mode: bool = True) -> Learner:
        """As in every module, but frozen layers keep their statistics, and an unused normalisation stays unused."""
        super().train(mode)
        for layer in self._frozen():
            layer.eval()
        if not self.model.normalises:
            self.model.norm.eval()
        return self

    def forward(self, batch: Batch, answers: TeacherAnswers | None = None) -> dict[str, Tensor]:
        """The terms of the loss, by name: float32 scalars, weighted by the recipe. answers: the teacher's about the
        images of the batch."""
        recipe = self.recipe
        with half_precision(batch.images.device):
            logits, features, maps = self.model.training_outputs(batch.images)
            embeddings = self.model.embedding(features) if self.imitates_embedding else None
            hidden = self.hidden(features) if self.hidden else None
            predicted_maps = [translate(grid) for translate, grid in zip(self.translations, maps, strict=False)]
        logits = logits.float()
        if recipe.loss == "squares":
            return {"squares": functional.mse_loss(logits[:, 0], batch.ages.mean(dim=1))}
        labels = batch.labels
        if answers is not None and answers.opinions.shape[1]:
            labels = with_opinions(labels, batch.ages, answers.opinions, recipe.opinion_share)
        mean_ages = (logits.softmax(dim=1) * self.years).sum(dim=1)
        losses = {
            "distribution": functional.cross_entropy(logits, labels),
            "expectation": recipe.expectation_weight * years_outside(mean_ages, batch.ages).mean(),
        }
        if recipe.deciding_weight:
            losses["deciding"] = recipe.deciding_weight * deciding_loss(logits, batch.ages)
        if answers is None:
            return losses
        if embeddings is not None:
            losses["teacher"] = recipe.embedding_weight * cosine_distance(embeddings.float(), answers.embeddings)
        if hidden is not None:
            rows = torch.arange(len(hidden), device=hidden.device)
            own = hidden.float().view(len(hidden), FOLDS, READER_WIDTH)[rows, batch.folds]
            losses["hidden"] = recipe.hidden_weight * cosine_distance(own, answers.hidden)
        if predicted_maps:
            distances = [
                cosine_distance(predicted.float(), _resized(wanted, predicted))
                for predicted, wanted in zip(predicted_maps, answers.maps, strict=True)
            ]
            losses["maps"] = recipe.map_weight * torch.stack(distances).mean()
        return losses

    def _frozen(self) -> list[nn.Module]:
        return [getattr(self.model.backbone, name) for group in _LAYER_GROUPS[: self.recipe.frozen] for name in group]


def cosine_distance(predicted: Tensor, target: Tensor) -> Tensor:
    """1 - cosine over dimension 1 (the channels), averaged over everything else."""
    return 1 - functional.cosine_similarity(predicted, target, dim=1).mean()


def _resized(wanted: Tensor, predicted: Tensor) -> Tensor:
    """A map at the size of another; smaller pictures have smaller maps."""
    if wanted.shape[2:] == predicted.shape[2:]:
        return wanted
    return functional.interpolate(wanted, predicted.shape[2:], mode="bilinear", align_corners=False)
