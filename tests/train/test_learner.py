"""The losses of a training step."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from train.batches import NEW_CROP, Batch
from train.learner import Learner, cosine_distance
from train.model import create_model
from train.reader import FOLDS, READER_WIDTH
from train.recipe import Recipe
from train.targets import soft_labels
from train.teacher import Teacher


def batch_of(ages: list[tuple[float, float]]) -> Batch:
    known = np.array(ages, np.float32)
    count = len(known)
    images = torch.randint(0, 255, (count, 32, 32, 3), dtype=torch.uint8, generator=torch.manual_seed(0))
    return Batch(
        images,
        torch.from_numpy(soft_labels(known)),
        torch.from_numpy(known),
        torch.arange(count) % FOLDS,
        torch.full((count,), NEW_CROP),
    )


@pytest.fixture(scope="module")
def learner() -> Learner:
    torch.manual_seed(0)
    return Learner(create_model(), Recipe()).eval()


def test_without_a_teacher_the_losses_are_those_of_the_ages(learner: Learner) -> None:
    assert set(learner(batch_of([(30, 30), (10, 19)]))) == {"distribution", "expectation"}


def test_the_deciding_ages_count_as_the_recipe_says() -> None:
    torch.manual_seed(0)
    batch, model = batch_of([(30, 30), (10, 19)]), create_model()
    once, thrice = (Learner(model, Recipe(deciding_weight=weight)).eval()(batch)["deciding"] for weight in (1, 3))
    assert thrice.item() == pytest.approx(3 * once.item(), rel=0.02)


def test_a_mean_age_inside_its_band_has_no_loss(learner: Learner) -> None:
    assert learner(batch_of([(0, 100), (0, 100)]))["expectation"].item() == 0
    assert learner(batch_of([(0, 0), (0, 0)]))["expectation"].item() > 1


def test_the_cosine_distance_depends_only_on_the_direction() -> None:
    vector = torch.tensor([[1.0, 2.0, 3.0]])
    assert cosine_distance(vector, 7 * vector).item() == pytest.approx(0, abs=1e-6)
    assert cosine_distance(vector, -vector).item() == pytest.approx(2)


def test_every_answer_of_the_teacher_reaches_the_layers(teacher: Teacher) -> None:
    batch = batch_of([(30, 30), (10, 19), (60, 60)])
    answers = teacher(batch.images, batch.folds)
    learner = Learner(create_model(), Recipe(hidden_weight=2.0), teacher)
    losses = learner(batch, answers)
    assert set(losses) == {"distribution", "expectation", "teacher", "hidden", "maps"}
    losses["maps"].backward(retain_graph=True)
    assert learner.model.backbone.layer2[0].bn3.weight.grad.abs().sum() > 0
    assert learner.model.backbone.layer4[0].bn3.weight.grad is None
    losses["hidden"].backward()
    assert learner.model.backbone.layer4[0].bn3.weight.grad.abs().sum() > 0


def test_the_recipe_decides_what_is_imitated(teacher: Teacher) -> None:
    batch = batch_of([(30, 30), (10, 19)])
    answers = teacher(batch.images, batch.folds)

    def imitated(**weights: float) -> set[str]:
        return set(Learner(create_model(), Recipe(**weights), teacher)(batch, answers)) - {
            "distribution",
            "expectation",
        }

    assert imitated(embedding_weight=0, hidden_weight=3) == {"hidden", "maps"}
    assert imitated(embedding_weight=5) == {"teacher", "maps"}
    assert Learner(create_model(), Recipe(), teacher).hidden is None


def test_the_readers_opinions_are_mixed_into_the_labels(teacher: Teacher) -> None:
    batch = batch_of([(30, 30), (10, 10)])
    sure_of_70 = torch.eye(101)[[70, 70]]
    answers = teacher(batch.images, batch.folds)._replace(opinions=sure_of_70)
    torch.manual_seed(0)
    learner = Learner(create_model(), Recipe(opinion_share=1.0), teacher).eval()
    logits = learner.model.training_outputs(batch.images)[0]
    expected = -logits.log_softmax(dim=1)[:, 70].mean()
    assert learner(batch, answers)["distribution"].item() == pytest.approx(expected.item(), rel=0.02)


def test_each_photo_imitates_its_own_reader_only(teacher: Teacher) -> None:
    batch = batch_of([(30, 30), (10, 19)])._replace(folds=torch.tensor([3, 3]))
    learner = Learner(create_model(), Recipe(hidden_weight=1.0), teacher)
    learner(batch, teacher(batch.images, batch.folds))["hidden"].backward()
    moved = learner.hidden.weight.grad.view(FOLDS, READER_WIDTH, -1).abs().sum(dim=(1, 2)) > 0
    assert moved.tolist() == [False, False, False, True, False]


def test_maps_of_smaller_pictures_are_compared_at_their_size(teacher: Teacher) -> None:
    batch = batch_of([(30, 30), (10, 19)])
    answers = teacher(batch.images, batch.folds)
    assert answers.maps[0].shape[2:] == (14, 14)  # those of a picture of 32 px are 4x4
    assert torch.isfinite(Learner(create_model(), Recipe(), teacher)(batch, answers)["maps"])


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
