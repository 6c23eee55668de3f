"""The training loop, readable from top to bottom: batches, losses, step, average, checkpoint, log."""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from edge.progress import ProgressBar
from edge.vision.crop import CROP_CONTRACT
from train.batches import Batch, Batches
from train.checkpoint import load_average, resume_run, save_average, save_run
from train.evaluate import evaluate
from train.learner import Learner
from train.log import TrainingLog
from train.model import AgeNetwork
from train.pictures import Pictures
from train.recipe import Recipe
from train.teacher import Teacher
from train.team import joined_team
from train.trained import NO_PHOTOS, UNKNOWN_PHOTOS, TrainedPhotos, trained_by

log = logging.getLogger(__name__)

LAST = "last.safetensors"
"""The checkpoint in a run's folder from which the run resumes."""

START = "start.safetensors"
"""The initial weights of a run whose recipe mixes them with the trained ones."""


def train_model(
    model: AgeNetwork,
    train_data: Pictures,
    test_data: Pictures,
    batch_size: int | None = None,
    epochs: int = 10,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    *,
    recipe: Recipe | None = None,
    teacher: Teacher | None = None,
    run_dir: Path | None = None,
    earlier_sources: Mapping[str, int] | None = None,
    earlier_photos: TrainedPhotos = NO_PHOTOS,
) -> AgeNetwork:
    """Train `model` and return it with the averaged weights.

    batch_size: photos per step (32). steps_per_epoch: default, as many as it takes to see every photo once.
    validation_steps: batches of `test_data` to evaluate on after every epoch; default all.
    teacher: says something about every augmented crop, see `train.teacher`.
    run_dir: where checkpoints, log and TensorBoard events go; a run found there, even a killed one, resumes from its
    last checkpoint. `last.safetensors` holds all that resuming needs, `best.safetensors` the averaged weights of the
    best epoch. `start.safetensors` keeps the initial weights for a recipe that mixes them in after the last step
    (`start_share`). Without a folder nothing is written.
    earlier_sources: sources and numbers of photos that the initial weights or the teacher were trained on; the
    checkpoint names them, because their terms also apply to the trained model.
    earlier_photos: those that the initial weights were trained on; the checkpoint lists them and `train_data`.

    Under torchrun every process computes its share of each batch, and the gradients are averaged.
    """
    recipe, batch_size = recipe or Recipe(), batch_size or 32
    steps_per_epoch = steps_per_epoch or max(1, len(train_data) // batch_size)
    steps = epochs * steps_per_epoch
    with joined_team() as team:
        torch.manual_seed(recipe.seed)
        if teacher:
            assert teacher.kept_crops == (recipe.views or 0) * len(train_data), "asked about other crops"
            teacher = teacher.to(team.device)
        learner = Learner(model, recipe, teacher)
        learner.to(team.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = copy.deepcopy(model).eval()
        initial = _InitialWeights(average, recipe.start_share)
        optimizer = optimizer_of(learner)
        last, best = (run_dir / LAST, run_dir / "best.safetensors") if run_dir else (None, None)
        facts = {"steps": steps, "batch_size": batch_size, **_run_facts(recipe, train_data, earlier_sources or {})}
        trained = _photos(train_data, earlier_photos, last)
        initial.keep(run_dir, facts, earlier_photos, writes=team.leads)
        first = _first_step(last, learner, average, optimizer, facts)
        run_log = TrainingLog(run_dir if team.leads else None, first)

        parallel = team.data_parallel(learner, all_used=learner.imitates_embedding)
        batches = Batches(train_data, recipe, batch_size, steps, team).loader(first, pinned=team.device.type == "cuda")
        bar = ProgressBar(batches, "training", steps, first=first, shown=team.leads)
        learner.train()
        due = _CheckpointClock(recipe.checkpoint_minutes)
        for step, batch in enumerate(bar, start=first):
            _set_rate(optimizer, recipe.rate(step, steps))
            # The dropout of a step depends only on the step, so a resumed run repeats the killed run exactly.
            torch.manual_seed((recipe.seed * 1_000_003 + step) * team.size + team.rank)
            losses = training_step(parallel, optimizer, batch.to(team.device), teacher, recipe.clip_gradient)
            _move(average, model, 1 - min(recipe.average, (step + 1) / (step + 10)))

            done = step + 1
            if done % 20 == 0 and team.leads:
                bar.note(", ".join(f"{name} {value.item():.3f}" for name, value in losses.items()))
                run_log.step(done, losses)
            if done % steps_per_epoch == 0 and team.leads:
                stage = recipe.stage(step, steps)
                scores = evaluate(average, test_data, batches=validation_steps, stage=stage)
                print(run_log.epoch(done // steps_per_epoch, done, stage.picture_px, scores), flush=True)
                if best and not run_log.epochs_since_best:
                    save_average(best, average, facts | {"step": done}, trained)
            stopped = done % steps_per_epoch == 0 and team.from_leader(run_log.epochs_since_best >= recipe.patience)
            ends = stopped or done == steps
            if ends:
                initial.mix_into(average)
            if last and team.leads and (ends or due.passed()):
                save_run(last, learner, average, optimizer, facts | {"step": done, "stopped": stopped}, trained)
            if stopped:
                print(f"stopped: no better epoch in the last {recipe.patience}", flush=True)
                break
        run_log.close()
    model.load_state_dict(average.state_dict())
    return model


def training_step(
    learner: nn.Module,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    teacher: Teacher | None = None,
    clip_gradient: float = math.inf,
) -> dict[str, Tensor]:
    """Learn from a batch; returns the terms of the loss. learner: a `Learner`, or what wraps it. All on one device."""
    losses: dict[str, Tensor] = learner(batch, teacher.about(batch) if teacher else None)
    torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(learner.parameters(), clip_gradient)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return losses


def _first_step(
    last: Path | None,
    learner: Learner,
    average: AgeNetwork,
    optimizer: torch.optim.Optimizer,
    facts: dict[str, Any],
) -> int:
    """The step that a run begins with: resumed from the checkpoint, if there is one, or 0."""
    if last is None or not last.exists():
        return 0
    found = resume_run(last, learner, average, optimizer)
    _warn_if_changed(last, found, facts)
    return int(facts["steps"] if found.get("stopped") else found["step"])


class _InitialWeights:
    """The weights that a run starts from, of which a recipe may mix a share into those that it ends with."""

    def __init__(self, model: AgeNetwork, share: float) -> None:
        self._model, self._share = copy.deepcopy(model) if share else None, share

    def keep(self, run_dir: Path | None, facts: dict[str, Any], photos: TrainedPhotos, *, writes: bool) -> None:
        """Write them into the folder of a new run, or read them from that of a run that resumes. writes: whether this
        process does."""
        if self._model is None or run_dir is None:
            return
        if (run_dir / LAST).exists():
            load_average(run_dir / START, self._model)
        elif writes:
            save_average(run_dir / START, self._model, facts, photos)

    def mix_into(self, average: AgeNetwork) -> None:
        """Move the averaged weights towards them."""
        if self._model is not None:
            _move(average, self._model, self._share)


class _CheckpointClock:
    """Says when the next checkpoint is due."""

    def __init__(self, minutes: float) -> None:
        self._seconds, self._last = 60 * minutes, monotonic()

    def passed(self) -> bool:
        """Whether the time has passed; then it starts anew."""
        now = monotonic()
        passed = now - self._last >= self._seconds
        self._last = now if passed else self._last
        return passed


def _run_facts(recipe: Recipe, pictures: Pictures, earlier_sources: Mapping[str, int]) -> dict[str, Any]:
    """The facts that a checkpoint records about its run."""
    sources, counts = np.unique(pictures.sources, return_counts=True)
    return {
        "crop_contract": CROP_CONTRACT,
        "recipe": recipe.model_dump(mode="json"),
        "sources": dict(earlier_sources) | dict(zip(sources.tolist(), counts.tolist(), strict=True)),
    }


def _photos(pictures: Pictures, earlier: TrainedPhotos, last: Path | None) -> TrainedPhotos:
    """The photos that a run trains on, with those before it. last: the checkpoint that it resumes from, if there is."""
    before = (trained_by(last) or UNKNOWN_PHOTOS) if last and last.exists() else NO_PHOTOS
    return TrainedPhotos.of(pictures).joined(earlier).joined(before)


def _warn_if_changed(file: Path, found: dict[str, Any], facts: dict[str, Any]) -> None:
    """Warn if the run was started with other settings: the facts then describe only its last part."""
    for name, value in facts.items():
        if found.get(name, value) != value:
            log.warning("%s was started with %s %s and resumes with %s", file, name, found[name], value)


def optimizer_of(learner: Learner) -> torch.optim.Optimizer:
    """The recipe's optimiser, with weight decay for matrices and kernels, and none for biases and normalisation."""
    recipe = learner.recipe
    kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
    matrices = [weight for weight in learner.parameters() if weight.ndim > 1]
    vectors = [weight for weight in learner.parameters() if weight.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    # Not fused, the optimiser would take a fifth of a step's time on a CPU.
    return kind(groups, lr=recipe.learning_rate, fused=True)


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


@torch.no_grad()
def _move(average: nn.Module, model: nn.Module, share: float) -> None:
    """Move the averaged weights and batch statistics this share of the way to a model's."""
    pairs = list(zip(average.state_dict().values(), model.state_dict().values(), strict=True))
    averaged, current = zip(*(pair for pair in pairs if pair[0].is_floating_point()), strict=True)
    torch._foreach_lerp_(averaged, current, share)
    for counted, counts in (pair for pair in pairs if not pair[0].is_floating_point()):
        counted.copy_(counts)
