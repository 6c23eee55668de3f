"""The network and its losses as one module, so that data-parallel training can wrap both."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from edge.vision.faces import AGES
from train.batches import Batch
from train.model import MAP_CHANNELS, AgeNetwork
from train.precision import half_precision
from train.recipe import Recipe
from train.targets import years_outside
from train.teacher import MAP_STEP, StoredMaps

_LAYER_GROUPS = (("conv1", "bn1", "layer1"), ("layer2",), ("layer3",))
"""Groups of layers that can be frozen, first to last; the recipe's `frozen` says how many of them are."""


class Learner(nn.Module):
    """The age network and the layers that only its training needs: 1x1 convolutions that map its normalised feature
    maps to the teacher's channels (Romero et al. 2015, arXiv:1412.6550)."""

    years: Tensor

    def __init__(self, model: AgeNetwork, recipe: Recipe, maps: Sequence[StoredMaps] = ()) -> None:
        super().__init__()
        self.model, self.recipe = model, recipe
        self.translations = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(channels, affine=False), nn.Conv2d(channels, stored.channels, 1))
            for channels, stored in zip(MAP_CHANNELS, maps, strict=False)
        )
        for layer in self._frozen():
            layer.requires_grad_(False)
        self.register_buffer("years", torch.arange(AGES, dtype=torch.float32), persistent=False)
        self.scales = [(torch.from_numpy(stored.mean), torch.from_numpy(stored.deviation)) for stored in maps]

    def train(self, mode: bool = True) -> Learner:
        """As in every module, but frozen layers keep their statistics, and an unused normalisation stays unused."""
        super().train(mode)
        for layer in self._frozen():
            layer.eval()
        if not self.model.normalises:
            self.model.norm.eval()
        return self

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The terms of the loss, by name: float32 scalars, weighted by the recipe."""
        recipe = self.recipe
        with half_precision(batch.images.device):
            logits, embeddings, features = self.model.training_outputs(batch.images)
            predicted_maps = [translate(grid) for translate, grid in zip(self.translations, features, strict=False)]
        logits = logits.float()
        if recipe.loss == "squares":
            return {"squares": functional.mse_loss(logits[:, 0], batch.ages.mean(dim=1))}
        mean_ages = (logits.softmax(dim=1) * self.years).sum(dim=1)
        losses = {
            "distribution": functional.cross_entropy(logits, batch.labels),
            "expectation": recipe.expectation_weight * years_outside(mean_ages, batch.ages).mean(),
        }
        if batch.embeddings.shape[1]:
            losses["teacher"] = recipe.embedding_weight * cosine_distance(embeddings.float(), batch.embeddings)
        if predicted_maps:
            losses["maps"] = (
                recipe.map_weight
                * torch.stack(
                    [
                        cosine_distance(predicted.float(), self.teacher_map(number, batch, predicted.shape[2:]))
                        for number, predicted in enumerate(predicted_maps)
                    ]
                ).mean()
            )
        return losses

    def teacher_map(self, number: int, batch: Batch, size: Sequence[int]) -> Tensor:
        """The teacher's map `number`, standardised per channel and warped onto the augmented crops: float32 (B,
        channels, *size)."""
        mean, deviation = (each.to(batch.placements.device) for each in self.scales[number])
        activations = ((batch.maps[number].float() * MAP_STEP - mean) / deviation).permute(0, 3, 1, 2)
        grid = functional.affine_grid(batch.placements, [len(activations), 1, *size], align_corners=False)
        return functional.grid_sample(activations, grid, padding_mode="border", align_corners=False)

    def _frozen(self) -> list[nn.Module]:
        return [getattr(self.model.backbone, name) for group in _LAYER_GROUPS[: self.recipe.frozen] for name in group]


def cosine_distance(predicted: Tensor, target: Tensor) -> Tensor:
    """1 - cosine over dimension 1 (the channels), averaged over everything else."""
    return 1 - functional.cosine_similarity(predicted, target, dim=1).mean()
