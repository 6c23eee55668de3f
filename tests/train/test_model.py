"""The age network in PyTorch."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from train import create_model
from train.model import NETWORK_PX, AgeNetwork


@pytest.fixture(scope="module")
def model() -> AgeNetwork:
    torch.manual_seed(0)
    return create_model().eval()


def pictures(count: int, side: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(count).integers(0, 256, (count, side, side, 3), np.uint8))


@pytest.mark.parametrize("shape", [(224, 224), (224, 224, 1), (3, 224, 224), (31, 224, 3), (0, 0, 3), (1, 224, 224, 3)])
def test_a_shape_that_is_not_height_width_3_is_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"is not \(height, width, 3\) with sides of at least 32 pixels"):
        create_model(shape)  # type: ignore[arg-type]


def test_the_crops_shape_and_smaller_shapes_are_valid() -> None:
    assert isinstance(create_model((224, 224, 3)), AgeNetwork)
    assert isinstance(create_model((32, 32, 3)), AgeNetwork)


@torch.inference_mode()
def test_every_uint8_picture_gets_a_distribution_over_101_years(model: AgeNetwork) -> None:
    probs = model(pictures(2, 224))
    assert (tuple(probs.shape), probs.dtype) == ((2, 101), torch.float32)
    assert probs.sum(dim=1).numpy() == pytest.approx(1, abs=1e-5)
    assert probs.min() > 0


@torch.inference_mode()
def test_black_and_white_pictures_give_finite_numbers(model: AgeNetwork) -> None:
    extremes = torch.stack([torch.zeros(64, 64, 3, dtype=torch.uint8), torch.full((64, 64, 3), 255, dtype=torch.uint8)])
    assert torch.isfinite(model(extremes)).all()


@torch.inference_mode()
def test_a_prediction_does_not_depend_on_the_other_pictures_of_the_batch(model: AgeNetwork) -> None:
    batch = pictures(3, 64)
    assert model(batch)[1].numpy() == pytest.approx(model(batch[1:2])[0].numpy(), abs=1e-6)


@torch.inference_mode()
@pytest.mark.parametrize("side", [32, 80])
def test_training_outputs_have_logits_and_features_for_pictures_of_any_size(model: AgeNetwork, side: int) -> None:
    ages, features, _ = model.training_outputs(pictures(2, side))
    assert (tuple(ages.shape), tuple(features.shape)) == ((2, 101), (2, 2048))


@torch.inference_mode()
def test_forward_is_the_mean_of_both_mirror_images_at_half_the_size(model: AgeNetwork) -> None:
    halves = pictures(2, NETWORK_PX)
    whole = halves.repeat_interleave(2, dim=1).repeat_interleave(2, dim=2)
    assert whole.shape == (2, 224, 224, 3)
    both = [model.training_outputs(images)[0].softmax(dim=1).numpy() for images in (halves, halves.flip(2))]
    assert model(whole).numpy() == pytest.approx((both[0] + both[1]) / 2, abs=1e-6)


@torch.inference_mode()
def test_pixels_are_normalised_as_for_imagenet(model: AgeNetwork) -> None:
    pixels: list[torch.Tensor] = []
    hook = model.backbone.conv1.register_forward_pre_hook(lambda _, inputs: pixels.append(inputs[0]))
    red = torch.zeros(1, 32, 32, 3, dtype=torch.uint8)
    red[..., 0] = 255
    model(red)
    hook.remove()
    expected = [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225]
    assert pixels[0][0, :, 5, 5].numpy() == pytest.approx(expected, abs=1e-4)


def test_the_pixel_statistics_are_not_in_the_checkpoint(model: AgeNetwork) -> None:
    assert not {"mean", "std"} & set(model.state_dict())
    assert {"age.weight", "embedding.weight"} <= set(model.state_dict())


def test_a_seed_makes_the_initial_weights_repeatable(model: AgeNetwork) -> None:
    torch.manual_seed(0)
    assert torch.equal(create_model().age.weight, model.age.weight)
    assert not torch.equal(create_model().age.weight, model.age.weight)


@torch.no_grad()
def test_folding_the_feature_normalisation_does_not_change_the_predictions(model: AgeNetwork) -> None:
    images, folded = pictures(4, 224), copy.deepcopy(model)
    folded.norm.running_mean += 0.5
    folded.norm.running_var *= 4
    expected = folded(images).numpy()
    folded.fold()
    folded.fold()
    assert not any(name.startswith("norm.") for name in folded.state_dict())
    assert folded(images).numpy() == pytest.approx(expected, abs=1e-5)
