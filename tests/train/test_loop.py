"""The training loop: it learns, it writes its files, and a killed run resumes exactly."""

from __future__ import annotations

import inspect
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import train.loop
from edge.progress import ProgressBar
from edge.vision.crop import CROP_CONTRACT
from train import create_model, train_model
from train.batches import crops_of, stage_picture
from train.checkpoint import load_model, read_checkpoint
from train.model import AgeNetwork
from train.pictures import Pictures
from train.recipe import Recipe, Stage
from train.targets import soft_labels
from train.teacher import Teacher
from train.trained import TrainedPhotos, photo_digests, trained_by

pytestmark = pytest.mark.slow

EPOCHS, STEPS_PER_EPOCH = 2, 3


class KilledAfterThreeSteps(ProgressBar[object]):
    """The progress bar over the steps, interrupted as by Ctrl-C before the fourth step."""

    def __iter__(self) -> Iterator[object]:
        for done, batch in enumerate(super().__iter__()):
            if done == 3:
                raise KeyboardInterrupt
            yield batch


def fresh(seed: int = 0) -> AgeNetwork:
    torch.manual_seed(seed)
    return create_model()


def fit(model: AgeNetwork, faces: Pictures, recipe: Recipe, run_dir: Path | None = None) -> AgeNetwork:
    """Six steps: the upright photos are trained on, the mirrored ones tested on."""
    test_data = faces[np.array([8, 9])]
    return train_model(
        model, faces[np.arange(8)], test_data, 3, EPOCHS, STEPS_PER_EPOCH, 1, recipe=recipe, run_dir=run_dir
    )


def differing(first: AgeNetwork, second: AgeNetwork) -> list[str]:
    """Names of the weights that are not bit-identical."""
    expected = second.state_dict()
    return [name for name, value in first.state_dict().items() if not torch.equal(value, expected[name])]


def log_lines(run_dir: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (run_dir / "log.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    """Small pictures, no worker processes, a checkpoint every minute."""
    stages = (Stage(picture_px=32, share=0.5, view=0.7), Stage(picture_px=48, share=0.5))
    return Recipe(stages=stages, workers=0, checkpoint_minutes=1)


@pytest.fixture(scope="module")
def uninterrupted(faces: Pictures, recipe: Recipe) -> AgeNetwork:
    """The model after six uninterrupted steps."""
    return fit(fresh(), faces, recipe)


class Resumed(NamedTuple):
    run_dir: Path
    step_of_checkpoint: int
    model: AgeNetwork


@pytest.fixture(scope="module")
def resumed(faces: Pictures, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resumed]:
    """A run that was killed after step 3, a step past its last checkpoint, and resumed with another fresh model."""
    run_dir = tmp_path_factory.mktemp("killed")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(train.loop, "ProgressBar", KilledAfterThreeSteps)
        patched.setattr(train.loop, "monotonic", itertools.count(0, 30).__next__)  # half a minute for each step
        with pytest.raises(KeyboardInterrupt):
            fit(fresh(), faces, recipe, run_dir)
    step = read_checkpoint(run_dir / "last.safetensors")[1]["step"]
    yield Resumed(run_dir, step, fit(fresh(seed=99), faces, recipe, run_dir))
    shutil.rmtree(run_dir)  # a checkpoint has 400 MB


def test_the_parameters_have_the_published_order() -> None:
    names = list(inspect.signature(train_model).parameters)
    assert names[:7] == [
        *("model", "train_data", "test_data", "batch_size", "epochs", "steps_per_epoch", "validation_steps")
    ]


def test_a_resumed_run_ends_with_bit_identical_weights(resumed: Resumed, uninterrupted: AgeNetwork) -> None:
    assert resumed.step_of_checkpoint == 2
    assert differing(resumed.model, uninterrupted) == []
    assert read_checkpoint(resumed.run_dir / "last.safetensors")[1]["step"] == 6


def test_the_initial_weights_are_mixed_in_after_the_last_step_of_a_resumed_run_too(
    faces: Pictures, recipe: Recipe, uninterrupted: AgeNetwork, run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = recipe.model_copy(update={"start_share": 0.25, "checkpoint_minutes": 0})
    with monkeypatch.context() as patched:
        patched.setattr(train.loop, "ProgressBar", KilledAfterThreeSteps)
        with pytest.raises(KeyboardInterrupt):
            fit(fresh(), faces, mixed, run_dir)
    shipped = fit(fresh(seed=99), faces, mixed, run_dir).state_dict()
    first, last = fresh().state_dict(), uninterrupted.state_dict()
    for name, value in shipped.items():
        if value.is_floating_point():
            torch.testing.assert_close(value, torch.lerp(last[name], first[name], 0.25), msg=name)
    assert load_model(run_dir / "last.safetensors")[0].state_dict()["age.bias"].tolist() == shipped["age.bias"].tolist()


def test_the_log_of_a_resumed_run_has_every_epoch_once(resumed: Resumed) -> None:
    assert [line["epoch"] for line in log_lines(resumed.run_dir)] == [1, 2]


def test_different_initial_weights_give_different_weights(
    uninterrupted: AgeNetwork, faces: Pictures, recipe: Recipe
) -> None:
    assert "age.weight" in differing(fit(fresh(seed=99), faces, recipe), uninterrupted)


def test_a_finished_run_has_checkpoint_log_and_events_and_is_not_trained_further(
    faces: Pictures, recipe: Recipe, run_dir: Path
) -> None:
    finished = fit(fresh(), faces, recipe, run_dir)
    tensors, facts = read_checkpoint(run_dir / "last.safetensors")
    assert torch.equal(tensors["average.age.weight"], finished.age.weight)
    assert facts == {
        "crop_contract": CROP_CONTRACT,
        "recipe": json.loads(recipe.model_dump_json()),
        "sources": {"shop": 8},
        "steps": 6,
        "batch_size": 3,
        "step": 6,
        "stopped": False,
        "all_photos_listed": True,
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

    again = fit(fresh(seed=99), faces, recipe, run_dir)
    assert differing(again, finished) == []
    assert len(log_lines(run_dir)) == 2


def test_without_a_run_folder_nothing_is_written(
    faces: Pictures, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    train_model(fresh(), faces[np.arange(4)], faces[np.array([8])], 2, 1, 1, recipe=recipe)
    assert list(tmp_path.iterdir()) == []


def test_training_on_a_few_photos_overfits_them(faces: Pictures, recipe: Recipe) -> None:
    four, stage = faces[np.array([0, 7, 8, 10])], Stage(picture_px=48, share=1)
    images = torch.from_numpy(np.stack([stage_picture(crop, stage) for crop in crops_of(four)]))
    labels = torch.from_numpy(soft_labels(four.ages))

    @torch.inference_mode()
    def loss(model: AgeNetwork) -> float:
        ages, *_ = model.eval().training_outputs(images)
        return float(-(labels * ages.log_softmax(dim=1)).sum(dim=1).mean())

    model = fresh()
    before = loss(model)
    trained = train_model(
        model, four, four, 4, 1, 40, recipe=recipe.model_copy(update={"stages": (stage,), "learning_rate": 2e-3})
    )
    assert before == pytest.approx(np.log(101), abs=0.3)
    after = loss(trained)
    assert after < 3.2  # the minimum is 2.1, the entropy of the labels


def test_without_a_teacher_the_embedding_head_does_not_change(uninterrupted: AgeNetwork) -> None:
    assert torch.equal(uninterrupted.embedding.weight, fresh().embedding.weight)


def test_with_a_teacher_the_embedding_head_is_trained(faces: Pictures, recipe: Recipe, teacher: Teacher) -> None:
    taught = train_model(fresh(), faces[np.arange(8)], faces[np.array([8])], 4, 1, 2, recipe=recipe, teacher=teacher)
    assert not torch.equal(taught.embedding.weight, fresh().embedding.weight)


def test_a_run_that_imitates_only_the_readers_leaves_the_embedding_head_alone(
    faces: Pictures, recipe: Recipe, teacher: Teacher, run_dir: Path
) -> None:
    about_age = recipe.model_copy(update={"embedding_weight": 0.0, "hidden_weight": 4.0})
    arguments = (faces[np.arange(8)], faces[np.array([8])], 4, 1, 2)
    taught = train_model(fresh(), *arguments, recipe=about_age, teacher=teacher, run_dir=run_dir)
    assert torch.equal(taught.embedding.weight, fresh().embedding.weight)
    assert "learner.hidden.weight" in read_checkpoint(run_dir / "last.safetensors")[0]


def test_a_run_that_does_not_improve_stops_and_is_not_resumed(faces: Pictures, recipe: Recipe, run_dir: Path) -> None:
    idle = recipe.model_copy(update={"patience": 1})
    run_dir.mkdir()
    unbeatable = {"epoch": 0, "step": 0, "shop": {"mean_error_years": 0}}
    (run_dir / "log.jsonl").write_text(json.dumps(unbeatable) + "\n")
    arguments = (faces[np.arange(8)], faces[np.array([8, 9])], 3, 6, 1, 1)
    train_model(fresh(), *arguments, recipe=idle, run_dir=run_dir)
    facts = read_checkpoint(run_dir / "last.safetensors")[1]
    assert facts["stopped"]
    assert facts["step"] < 6
    before = len(log_lines(run_dir))
    train_model(fresh(), *arguments, recipe=idle, run_dir=run_dir)
    assert len(log_lines(run_dir)) == before


def test_resuming_with_other_settings_is_logged(
    faces: Pictures, recipe: Recipe, run_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    arguments = (faces[np.arange(8)], faces[np.array([8])])
    train_model(fresh(), *arguments, 3, 1, 2, 1, recipe=recipe, run_dir=run_dir)
    assert not caplog.records
    train_model(fresh(), *arguments, 2, 2, 2, 1, recipe=recipe, run_dir=run_dir)
    assert [record.getMessage().split("last.safetensors ")[1] for record in caplog.records] == [
        "was started with steps 2 and resumes with 4",
        "was started with batch_size 3 and resumes with 2",
    ]


def test_the_sources_of_the_initial_weights_are_recorded(faces: Pictures, recipe: Recipe, run_dir: Path) -> None:
    train_model(
        fresh(), faces[np.arange(8)], faces[np.array([8])], 3, 1, 1, 1,
        recipe=recipe, run_dir=run_dir, earlier_sources={"teacher.onnx": 0, "shop": 5, "market": 7},
    )  # fmt: skip
    assert read_checkpoint(run_dir / "last.safetensors")[1]["sources"] == {"teacher.onnx": 0, "shop": 8, "market": 7}


def test_the_photos_of_a_run_and_of_those_before_it_are_listed(faces: Pictures, recipe: Recipe, run_dir: Path) -> None:
    arguments = (faces[np.array([8])], 3, 1, 1, 1)
    earlier = TrainedPhotos(np.array([5], np.uint64), complete=False)
    train_model(fresh(), faces[np.arange(4)], *arguments, recipe=recipe, run_dir=run_dir, earlier_photos=earlier)
    found = trained_by(run_dir / "last.safetensors")
    assert found is not None
    assert set(found.digests.tolist()) == {5, *photo_digests(faces[np.arange(4)]).tolist()}
    assert not found.complete
    # A run that resumes with other photos has trained on both.
    train_model(fresh(), faces[np.arange(8)], faces[np.array([8])], 3, 2, 1, 1, recipe=recipe, run_dir=run_dir)
    found = trained_by(run_dir / "last.safetensors")
    assert found is not None
    assert set(found.digests.tolist()) == {5, *photo_digests(faces[np.arange(8)]).tolist()}
    assert not found.complete
