"""The training loop, to be read from top to bottom: batches, losses, step, average, checkpoint, log."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from edge.vision.crop import CROP_CONTRACT
from train.batches import Batches
from train.checkpoint import resume_run, save_average, save_run
from train.evaluate import evaluate
from train.learner import Learner
from train.log import TrainingLog
from train.model import AgeNetwork
from train.pictures import Pictures
from train.recipe import Recipe
from train.teacher import Lessons
from train.team import joined_team

log = logging.getLogger(__name__)

LAST = "last.safetensors"
"""The checkpoint in a run's folder from which it goes on."""


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
    lessons: Lessons | None = None,
    run_dir: Path | None = None,
    learned_before: Mapping[str, int] | None = None,
) -> AgeNetwork:
    """Train `model` and return it with the averaged weights in it.

    batch_size: photos per step (32). steps_per_epoch: default, as many as it takes to see every photo once.
    validation_steps: batches of test photos to look at after every epoch; default all.
    lessons: a teacher's outputs for the photos of `train_data`, row by row.
    run_dir: where checkpoints, log and TensorBoard events go; a run found there, even a killed one, is continued from
    its last checkpoint. `last.safetensors` is all that takes, `best.safetensors` the averaged weights of the best
    epoch. Without it nothing is written.
    learned_before: sources and numbers of photos behind the weights that `model` or a teacher brings with it; the
    checkpoint names them, since their terms hold for what is trained here.

    Under torchrun every process works on its share of each batch, and the gradients are averaged.
    """
    recipe, batch_size = recipe or Recipe(), batch_size or 32
    steps_per_epoch = steps_per_epoch or max(1, len(train_data) // batch_size)
    steps = epochs * steps_per_epoch
    with joined_team() as team:
        torch.manual_seed(recipe.seed)
        learner = Learner(model, recipe, lessons.maps if lessons else ())
        learner = learner.to(team.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = copy.deepcopy(model).eval()
        kind = torch.optim.AdamW if recipe.optimizer == "adamw" else torch.optim.Adam
        # Fused, or the optimiser alone would take a fifth of a step's time on a CPU.
        optimizer = kind(_groups(learner, recipe.weight_decay), lr=recipe.learning_rate, fused=True)
        first = 0
        last, best = (run_dir / LAST, run_dir / "best.safetensors") if run_dir else (None, None)
        facts = {"steps": steps, "batch_size": batch_size, **_facts(recipe, train_data, learned_before or {})}
        if last and last.exists():
            found = resume_run(last, learner, average, optimizer)
            _warn_of_changes(last, found, facts)
            first = steps if found.get("stopped") else found["step"]
        journal = TrainingLog(run_dir if team.leads else None, first)

        shared = team.share(learner, all_used=lessons is not None)
        batches = Batches(train_data, lessons, recipe, batch_size, steps, team).loader(first)
        bar = tqdm(
            batches, initial=first, total=steps, desc="training", unit="step", mininterval=2, disable=not team.leads
        )
        learner.train()
        for step, batch in enumerate(bar, start=first):
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate(step, steps)
            # The dropout of a step depends on the step alone, so that a resumed run repeats the one that was killed.
            torch.manual_seed((recipe.seed * 1_000_003 + step) * team.size + team.rank)
            losses = shared(batch.to(team.device))
            loss = torch.stack(list(losses.values())).sum()
            loss.backward()
            nn.utils.clip_grad_norm_(learner.parameters(), recipe.clip_gradient)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            _follow(average, model, min(recipe.average, (step + 1) / (step + 10)))

            done = step + 1
            if done % 20 == 0 and team.leads:
                bar.set_postfix({name: f"{value.item():.3f}" for name, value in losses.items()})
                journal.step(done, losses)
            if done % steps_per_epoch == 0 and team.leads:
                stage = recipe.stage(step, steps)
                scores = evaluate(average, test_data, batches=validation_steps, stage=stage)
                bar.write(journal.epoch(done // steps_per_epoch, done, stage.picture_px, scores))
                if best and not journal.epochs_since_best:
                    save_average(best, average, facts | {"step": done})
            stopped = done % steps_per_epoch == 0 and team.agree(journal.epochs_since_best >= recipe.patience)
            if last and team.leads and (done % recipe.checkpoint_steps == 0 or done == steps or stopped):
                save_run(last, learner, average, optimizer, facts | {"step": done, "stopped": stopped})
            if stopped:
                bar.write(f"no better for {recipe.patience} epochs: stopped")
                break
        journal.close()
    model.load_state_dict(average.state_dict())
    return model


def _facts(recipe: Recipe, pictures: Pictures, learned_before: Mapping[str, int]) -> dict[str, Any]:
    """What a checkpoint says of its run."""
    sources, counts = np.unique(pictures.sources, return_counts=True)
    return {
        "crop_contract": CROP_CONTRACT,
        "recipe": recipe.model_dump(mode="json"),
        "sources": dict(learned_before) | dict(zip(sources.tolist(), counts.tolist(), strict=True)),
    }


def _warn_of_changes(file: Path, found: dict[str, Any], facts: dict[str, Any]) -> None:
    """A run that goes on under other settings is none of those that its facts describe."""
    for name, value in facts.items():
        if found.get(name, value) != value:
            log.warning("%s was begun with %s %s and goes on with %s", file, name, found[name], value)


def _groups(model: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Weight decay for matrices and kernels; none for biases and normalisation."""
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    vectors = [weight for weight in model.parameters() if weight.ndim <= 1]
    return [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]


@torch.no_grad()
def _follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the averaged weights, and the batch statistics, a step towards the model's."""
    for mine, theirs in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if mine.is_floating_point():
            mine.lerp_(theirs, 1 - decay)
        else:
            mine.copy_(theirs)
