"""The baseline: the best known earlier model for this task, for comparison. One output, squared error, Adam."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edge.vision.faces import AGES
from train.model import AgeNetwork


class BaselineModel(AgeNetwork):
    """A ResNet50 with one output, the age in years."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.Identity()
        self.dropout = nn.Identity()
        self.age = nn.Linear(self.age.in_features, 1)
        # Training starts at 33 years, near the middle of the ages, instead of 0.
        nn.init.constant_(self.age.bias, 33)

    def decode(self, outputs: Tensor) -> Tensor:
        """Splits the probability between the two whole years around the output, so that its mean is the output."""
        years = torch.arange(AGES, device=outputs.device)
        return (1 - (outputs.clamp(0, AGES - 1) - years).abs()).clamp(min=0)
