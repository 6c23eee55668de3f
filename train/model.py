"""The age network in PyTorch: torchvision's ResNet50 with a head of 101 years."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet50

from edge.vision.crop import CROP_PX
from edge.vision.faces import AGES

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""ImageNet's channel statistics, which torchvision's pretrained weights expect."""

NETWORK_PX = 112
"""Side of the network's input: blocks of 2x2 pixels of the crop are averaged inside the exported graph. With these
photos and the training time of two CPU cores the network is better at 112 px than at 224, and four times as fast; more
training may change that."""

EMBEDDING = 1024
"""Width of the teacher's embedding, which the network learns to predict while it trains."""

MAP_CHANNELS = (512, 1024)
"""Channels of the feature maps of `AgeNetwork.training_outputs`, at an eighth and a sixteenth of the picture's side."""


class AgeNetwork(nn.Module):
    """uint8 pictures in, the probability of every year of age out. `training_outputs` returns what the losses need."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.backbone = resnet50(weights=None, zero_init_residual=True)
        features = self.backbone.fc.in_features
        self.backbone.fc = nn.Identity()
        self.norm: nn.Module = nn.BatchNorm1d(features, affine=False)
        self.dropout: nn.Module = nn.Dropout(0.2)
        self.age = nn.Linear(features, AGES)
        self.embedding = nn.Linear(features, EMBEDDING)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1) * 255, persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1) * 255, persistent=False)

    @property
    def normalises(self) -> bool:
        """Whether the features' statistics have been measured (`train.start`); until then `norm` does nothing.

        The features of a trained network vary little compared with their mean, so the heads learn slowly from them;
        with normalised features they learn as fast as the other layers (Luo et al. 2019, arXiv:1903.07071). In an
        untrained network the differences between features are noise, and normalisation would amplify it.
        """
        return bool(getattr(self.norm, "running_mean", torch.zeros(1)).any())

    def training_outputs(self, images: Tensor) -> tuple[Tensor, Tensor, tuple[Tensor, Tensor]]:
        """The outputs that the losses compare with their targets. images: uint8 (N, H, W, 3) RGB, any size.

        Returns age logits (N, 101), the normalised features (N, 2048), and two feature maps, (N, 512, H / 8, W / 8)
        and (N, 1024, H / 16, W / 16).
        """
        pixels = (images.permute(0, 3, 1, 2).float() - self.mean) / self.std
        middle, late, features = self._layers(pixels.contiguous(memory_format=torch.channels_last))
        return self.age(self.dropout(features)), features, (middle, late)

    def forward(self, images: Tensor) -> Tensor:
        """images: uint8 (N, 224, 224, 3) RGB. Returns float32 (N, 101), the probability of each year of age.

        The mean of the predictions for the picture and for its mirror image: 0.15 years better on photos that were not
        trained on.
        """
        # TensorRT cannot permute uint8 tensors, so convert first.
        pixels = functional.avg_pool2d(images.to(self.mean.dtype).permute(0, 3, 1, 2), CROP_PX // NETWORK_PX)
        both = torch.cat([pixels, pixels.flip(3)])
        *_, features = self._layers((both - self.mean) / self.std)
        return self.decode(self.age(features).float()).reshape(2, -1, AGES).mean(dim=0)

    @torch.no_grad()
    def fold(self) -> None:
        """Fold the normalisation of the features into the age head: the same ages with one layer less. The embedding
        head, which only training uses, is wrong afterwards."""
        if isinstance(self.norm, nn.BatchNorm1d):
            mean, variance = self.norm.running_mean, self.norm.running_var
            assert mean is not None
            assert variance is not None
            self.age.weight.div_((variance + self.norm.eps).sqrt())
            self.age.bias.sub_(self.age.weight @ mean)
            self.norm = nn.Identity()

    def _layers(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Two feature maps, and the normalised features (N, 2048). They are pooled here because the exporter would
        write the backbone's own pooling layer as a dozen operations."""
        net = self.backbone
        middle = net.layer2(net.layer1(net.maxpool(net.relu(net.bn1(net.conv1(pixels))))))
        late = net.layer3(middle)
        return middle, late, self.norm(net.layer4(late).mean(dim=(2, 3)))

    def decode(self, outputs: Tensor) -> Tensor:
        """From the age head's output, float32 (N, 101), to the probability of each year."""
        return outputs.softmax(dim=1)


def create_model(input_shape: tuple[int, int, int] = (CROP_PX, CROP_PX, 3)) -> AgeNetwork:
    """An untrained network for pictures of `input_shape` (height, width, 3). Raises ValueError for another shape."""
    if len(input_shape) != 3 or input_shape[2] != 3 or min(input_shape[:2]) < 32:
        raise ValueError(f"input_shape {input_shape} is not (height, width, 3) with sides of at least 32 pixels")
    return AgeNetwork()
