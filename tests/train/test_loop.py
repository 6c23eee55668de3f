"""The training loop: it learns, it writes what it promises, and a killed run goes on exactly."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import train.loop
from edge.crop import CROP_CONTRACT
from train import create_model, train_model
from train.batches import crops_of, shown
from train.checkpoint import read
from train.model import AgeModel
from train.pictures import Pictures
from train.recipe import Recipe, Stage
from train.targets import soft_labels
from train.teacher import Lessons

EPOCHS, STEPS_PER_EPOCH = 2, 3


class KilledAfterThreeSteps(train.loop.tqdm):  # type: ignore[misc]  # tqdm is untyped
    """The bar over the steps, interrupted as by Ctrl-C when it should hand out the fourth."""

    def __iter__(self) -> Iterator[object]:
        for done, batch in enumerate(super().__iter__()):
            if done == 3:
                raise KeyboardInterrupt
            yield batch


def fresh(seed: int = 0) -> AgeModel:
    torch.manual_seed(seed)
    return create_model()


def fit(model: AgeModel, faces: Pictures, recipe: Recipe, run_dir: Path | None = None) -> AgeModel:
    """Six steps: the upright photos to train on, the mirrored ones to test on."""
    test_data = faces[np.array([8, 9])]
    return train_model(
        model, faces[np.arange(8)], test_data, 3, EPOCHS, STEPS_PER_EPOCH, 1, recipe=recipe, run_dir=run_dir
    )


def differing(one: AgeModel, other: AgeModel) -> list[str]:
    """Names of the weights that are not bit for bit the same."""
    theirs = other.state_dict()
    return [name for name, value in one.state_dict().items() if not torch.equal(value, theirs[name])]


def log_lines(run_dir: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (run_dir / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def uninterrupted(faces: Pictures) -> AgeModel:
    """The model of six steps that nobody disturbed."""
    stages = (Stage(picture_px=32, share=0.5, view=0.7), Stage(picture_px=48, share=0.5))
    return fit(fresh(), faces, Recipe(stages=stages, workers=0))


@pytest.fixture
def killed(faces: Pictures, tiny_recipe: Recipe, run_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run that was killed after step 3, a step past its last checkpoint."""
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(train.loop, "tqdm", KilledAfterThreeSteps)
        fit(fresh(), faces, tiny_recipe, run_dir)
    return run_dir


def test_the_parameters_come_in_the_published_order() -> None:
    names = list(inspect.signature(train_model).parameters)
    assert names[:7] == [
        *("model", "train_data", "test_data", "batch_size", "epochs", "steps_per_epoch", "validation_steps")
    ]


def test_a_killed_run_goes_on_to_bit_for_bit_the_same_weights(
    killed: Path, uninterrupted: AgeModel, faces: Pictures, tiny_recipe: Recipe
) -> None:
    assert read(killed / "last.safetensors")[1]["step"] == 2
    resumed = fit(fresh(seed=99), faces, tiny_recipe, killed)
    assert differing(resumed, uninterrupted) == []
    assert read(killed / "last.safetensors")[1]["step"] == 6


def test_the_log_of_a_killed_run_has_every_epoch_once(killed: Path, faces: Pictures, tiny_recipe: Recipe) -> None:
    fit(fresh(), faces, tiny_recipe, killed)
    assert [line["epoch"] for line in log_lines(killed)] == [1, 2]


def test_other_photos_or_another_start_give_other_weights(
    uninterrupted: AgeModel, faces: Pictures, tiny_recipe: Recipe
) -> None:
    assert "age.weight" in differing(fit(fresh(seed=99), faces, tiny_recipe), uninterrupted)


def test_a_finished_run_leaves_checkpoint_log_and_events_and_is_not_trained_on(
    faces: Pictures, tiny_recipe: Recipe, run_dir: Path
) -> None:
    finished = fit(fresh(), faces, tiny_recipe, run_dir)
    tensors, facts = read(run_dir / "last.safetensors")
    assert torch.equal(tensors["average.age.weight"], finished.age.weight)
    assert facts == {
        "crop_contract": CROP_CONTRACT,
        "recipe": json.loads(tiny_recipe.model_dump_json()),
        "steps": 6,
        "batch_size": 3,
        "step": 6,
    }

    first, second = log_lines(run_dir)
    assert (first["epoch"], first["step"], first["picture_px"]) == (1, 3, 32)
    assert (second["epoch"], second["step"], second["picture_px"]) == (2, 6, 48)
    assert second["shop"]["pictures"] == 2  # type: ignore[index]
    assert second["shop"]["mean_error_years"] > 0  # type: ignore[index]

    events = EventAccumulator(str(run_dir / "tensorboard")).Reload()
    errors = events.Scalars("mean_error_years/shop")
    assert [event.step for event in errors] == [3, 6]
    assert errors[1].value == pytest.approx(second["shop"]["mean_error_years"])  # type: ignore[index]

    again = fit(fresh(seed=99), faces, tiny_recipe, run_dir)
    assert differing(again, finished) == []
    assert len(log_lines(run_dir)) == 2


def test_without_a_run_folder_nothing_is_written(
    faces: Pictures, tiny_recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    train_model(fresh(), faces[np.arange(4)], faces[np.array([8])], 2, 1, 1, recipe=tiny_recipe)
    assert list(tmp_path.iterdir()) == []


def test_training_on_a_handful_of_photos_learns_them_by_heart(faces: Pictures, tiny_recipe: Recipe) -> None:
    four, stage = faces[np.array([0, 7, 8, 10])], Stage(picture_px=48, share=1)
    images = torch.from_numpy(np.stack([shown(crop, stage) for crop in crops_of(four)]))
    labels = torch.from_numpy(soft_labels(four.ages))

    @torch.inference_mode()
    def loss(model: AgeModel) -> float:
        return float(-(labels * model.eval()(images).log()).sum(dim=1).mean())

    model = fresh()
    before = loss(model)
    trained = train_model(
        model, four, four, 4, 1, 40, recipe=tiny_recipe.model_copy(update={"stages": (stage,), "learning_rate": 2e-3})
    )
    assert before == pytest.approx(np.log(101), abs=0.3)
    print("LOSS", before, loss(trained))
    assert loss(trained) < before - 1


def test_without_a_teacher_its_part_of_the_model_stays_as_it_was(uninterrupted: AgeModel) -> None:
    assert torch.equal(uninterrupted.embedding.weight, fresh().embedding.weight)


def test_a_teacher_is_learned_from(faces: Pictures, tiny_recipe: Recipe) -> None:
    embeddings = np.random.default_rng(0).normal(size=(8, 1024)).astype(np.float32)
    lessons = Lessons(embeddings, np.full((8, 101), 1 / 101, np.float32))
    taught = train_model(
        fresh(), faces[np.arange(8)], faces[np.array([8])], 4, 1, 2, recipe=tiny_recipe, lessons=lessons
    )
    assert not torch.equal(taught.embedding.weight, fresh().embedding.weight)
