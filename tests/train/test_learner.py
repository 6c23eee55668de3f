"""The losses of a training step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from train.batches import Batch, Batches
from train.learner import Learner, cosine_distance
from train.model import create_model
from train.pictures import Pictures
from train.recipe import Recipe
from train.targets import soft_labels
from train.teacher import DistillationTargets


def batch_of(ages: list[tuple[float, float]], embeddings: int = 0) -> Batch:
    known = np.array(ages, np.float32)
    count = len(known)
    images = torch.randint(0, 255, (count, 32, 32, 3), dtype=torch.uint8, generator=torch.manual_seed(0))
    placements = torch.eye(2, 3).expand(count, 2, 3)
    targets = torch.randn(count, embeddings)
    return Batch(images, torch.from_numpy(soft_labels(known)), torch.from_numpy(known), targets, (), placements)


@pytest.fixture(scope="module")
def learner() -> Learner:
    torch.manual_seed(0)
    return Learner(create_model(), Recipe()).eval()


def test_without_a_teacher_the_losses_are_those_of_the_ages(learner: Learner) -> None:
    assert set(learner(batch_of([(30, 30), (10, 19)]))) == {"distribution", "expectation"}


def test_a_mean_age_inside_its_band_has_no_loss(learner: Learner) -> None:
    assert learner(batch_of([(0, 100), (0, 100)]))["expectation"].item() == 0
    assert learner(batch_of([(0, 0), (0, 0)]))["expectation"].item() > 1


def test_the_cosine_distance_depends_only_on_the_direction() -> None:
    vector = torch.tensor([[1.0, 2.0, 3.0]])
    assert cosine_distance(vector, 7 * vector).item() == pytest.approx(0, abs=1e-6)
    assert cosine_distance(vector, -vector).item() == pytest.approx(2)


def test_every_distillation_loss_reaches_the_layers(
    faces: Pictures, tiny_recipe: Recipe, distillation: DistillationTargets
) -> None:
    batch = Batches(faces, distillation, tiny_recipe, 4, 2)[1]
    learner = Learner(create_model(), tiny_recipe, distillation.maps)
    losses = learner(batch)
    assert set(losses) == {"distribution", "expectation", "teacher", "maps"}
    losses["maps"].backward()
    assert learner.model.backbone.layer2[0].bn3.weight.grad.abs().sum() > 0
    assert learner.model.backbone.layer4[0].bn3.weight.grad is None


def test_the_teachers_maps_are_warped_like_the_augmented_crop(
    faces: Pictures, tiny_recipe: Recipe, distillation: DistillationTargets
) -> None:
    """A network that predicts the teacher's map exactly has no loss only if the map is warped like the crop."""
    batch = Batches(faces, distillation, tiny_recipe, 4, 2)[1]
    learner = Learner(create_model(), tiny_recipe, distillation.maps)
    (maps,) = distillation.maps
    moved = learner.teacher_map(0, batch, (6, 6))
    assert moved.shape == (4, maps.channels, 6, 6)
    unmoved = learner.teacher_map(0, batch._replace(placements=torch.eye(2, 3).expand(4, 2, 3)), (6, 6))
    assert cosine_distance(moved, unmoved).item() > 0.001


def test_frozen_layers_keep_their_weights_and_their_statistics() -> None:
    torch.manual_seed(0)
    learner = Learner(create_model(), Recipe(frozen=2)).train()
    before = {name: value.clone() for name, value in learner.model.backbone.state_dict().items()}
    weights = [weight for weight in learner.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=0.01)
    sum(learner(batch_of([(30, 30), (10, 19)])).values()).backward()
    optimizer.step()
    moved = {
        name for name, value in learner.model.backbone.state_dict().items() if not torch.equal(value, before[name])
    }
    assert {name.split(".")[0] for name in moved} == {"layer3", "layer4"}
    assert "layer3.0.bn1.running_mean" in moved


def test_nothing_is_frozen_unless_the_recipe_says_so(learner: Learner) -> None:
    assert all(weight.requires_grad for weight in learner.parameters())


def test_features_are_normalised_only_with_measured_statistics() -> None:
    images = batch_of([(30, 30), (10, 19)])
    fresh = Learner(create_model(), Recipe()).train()
    fresh(images)
    assert not fresh.model.normalises
    assert not fresh.model.norm.running_mean.any()
    measured = create_model()
    measured.norm.running_mean += 0.5
    learner = Learner(measured, Recipe()).train()
    learner(images)
    assert learner.model.normalises
    assert not torch.allclose(measured.norm.running_mean, torch.tensor(0.5), atol=1e-3)
