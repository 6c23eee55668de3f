"""What a step of training asks of the network: its losses, in one module that data-parallel training can wrap."""

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

_GROUPS = (("conv1", "bn1", "layer1"), ("layer2",), ("layer3",))
"""What may stay as it is, first to last; the recipe's `frozen` says how many of them do."""


class Learner(nn.Module):
    """The age model and what only its training needs: 1x1 convolutions that translate what its layers see, normalised,
    into the teacher's terms (Romero et al. 2015, arXiv:1412.6550)."""

    def __init__(self, model: AgeNetwork, recipe: Recipe, maps: Sequence[StoredMaps] = ()) -> None:
        super().__init__()
        self.model, self.recipe = model, recipe
        maps = maps if recipe.map_weight else ()
        self.translations = nn.ModuleList(
            nn.Sequential(nn.BatchNorm2d(channels, affine=False), nn.Conv2d(channels, stored.channels, 1))
            for channels, stored in zip(MAP_CHANNELS, maps, strict=False)
        )
        for layer in self._frozen():
            layer.requires_grad_(False)
        self.register_buffer("years", torch.arange(AGES, dtype=torch.float32), persistent=False)
        self.scales = [(torch.from_numpy(stored.mean), torch.from_numpy(stored.deviation)) for stored in maps]

    def train(self, mode: bool = True) -> Learner:
        """As in every module; what is frozen keeps its statistics, too, and what rests goes on resting."""
        super().train(mode)
        for layer in self._frozen():
            layer.eval()
        if not self.model.normalises:
            self.model.norm.eval()
        return self

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The terms of the loss, by name: scalars in float32, weighted as the recipe says."""
        recipe = self.recipe
        with half_precision(batch.images.device):
            logits, embeddings, seen = self.model.lesson(batch.images)
            told = [translate(grid) for translate, grid in zip(self.translations, seen, strict=False)]
        logits = logits.float()
        if recipe.loss == "squares":
            return {"squares": functional.mse_loss(logits[:, 0], batch.ages.mean(dim=1))}
        mean_ages = (logits.softmax(dim=1) * self.years).sum(dim=1)
        losses = {
            "distribution": functional.cross_entropy(logits, batch.labels),
            "expectation": recipe.expectation_weight * years_outside(mean_ages, batch.ages).mean(),
        }
        if batch.embeddings.shape[1]:
            losses["teacher"] = recipe.embedding_weight * unlikeness(embeddings.float(), batch.embeddings)
        if told:
            losses["maps"] = (
                recipe.map_weight
                * torch.stack(
                    [
                        unlikeness(mine.float(), self.placed(number, batch, (mine.shape[2], mine.shape[3])))
                        for number, mine in enumerate(told)
                    ]
                ).mean()
            )
        return losses

    def placed(self, number: int, batch: Batch, size: tuple[int, int]) -> Tensor:
        """The teacher's map `number`, standardised per channel, as it lies in the augmented crops: float32 (B,
        channels, *size)."""
        mean, deviation = (each.to(batch.placements.device) for each in self.scales[number])
        activations = ((batch.maps[number].float() * MAP_STEP - mean) / deviation).permute(0, 3, 1, 2)
        grid = functional.affine_grid(batch.placements, [len(activations), 1, *size], align_corners=False)
        return functional.grid_sample(activations, grid, padding_mode="border", align_corners=False)

    def _frozen(self) -> list[nn.Module]:
        return [getattr(self.model.backbone, name) for group in _GROUPS[: self.recipe.frozen] for name in group]


def unlikeness(mine: Tensor, theirs: Tensor) -> Tensor:
    """1 - cosine over dimension 1 (the channels), averaged over everything else."""
    return 1 - functional.cosine_similarity(mine, theirs, dim=1).mean()
