"""The training loop, to be read from top to bottom: batches, losses, step, average, checkpoint, log."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from edge.crop import CROP_CONTRACT
from edge.faces import AGES
from train.batches import Batch, Batches
from train.checkpoint import resume_run, save_run
from train.evaluate import evaluate
from train.model import AgeModel
from train.pictures import Pictures
from train.recipe import Recipe
from train.teacher import Lessons


def train_model(
    model: AgeModel,
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
) -> AgeModel:
    """Train `model` and return it with the averaged weights in it.

    batch_size: photos per step (32). steps_per_epoch: default, as many as it takes to see every photo once.
    validation_steps: batches of test photos to look at after every epoch; default all.
    lessons: a teacher's outputs for the photos of `train_data`, row by row.
    run_dir: where checkpoint, log and TensorBoard events go; a run found there, even a killed one, is continued from
    its last checkpoint. Without it nothing is written.
    """
    recipe, batch_size = recipe or Recipe(), batch_size or 32
    steps_per_epoch = steps_per_epoch or max(1, len(train_data) // batch_size)
    steps = epochs * steps_per_epoch
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe.seed)

    model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(model).eval()
    optimizer = torch.optim.AdamW(_groups(model, recipe.weight_decay), lr=recipe.learning_rate)
    first = 0
    last = run_dir / "last.safetensors" if run_dir else None
    if last and last.exists():
        first = resume_run(last, model, average, optimizer)["step"]
    log = SummaryWriter(run_dir / "tensorboard", purge_step=first) if run_dir else None
    facts = {"crop_contract": CROP_CONTRACT, "recipe": recipe.model_dump(), "steps": steps, "batch_size": batch_size}

    batches = Batches(train_data, lessons, recipe, batch_size, steps).loader(first)
    bar = tqdm(batches, initial=first, total=steps, desc="training", unit="step", mininterval=2)
    model.train()
    for step, made in enumerate(bar, start=first):
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate(step, steps)
        # The dropout of a step depends on the step alone, so that a resumed run repeats the one that was killed.
        torch.manual_seed(recipe.seed * 1_000_003 + step)
        batch = Batch(*(tensor.to(device, non_blocking=True) for tensor in made))
        with torch.autocast(device.type, torch.bfloat16):
            logits, embeddings = model.logits(batch.images)
        losses = _losses(logits.float(), embeddings.float(), batch, recipe)
        loss = torch.stack(list(losses.values())).sum()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_gradient)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        _follow(average, model, min(recipe.average, (step + 1) / (step + 10)))

        done = step + 1
        if done % 20 == 0:
            bar.set_postfix({name: f"{value.item():.3f}" for name, value in losses.items()})
            if log:
                for name, value in losses.items():
                    log.add_scalar(f"loss/{name}", value.item(), done)
        if done % steps_per_epoch == 0:
            stage = recipe.stage(step, steps)
            scores = evaluate(average, test_data, batches=validation_steps, stage=stage)
            line = {"epoch": done // steps_per_epoch, "step": done, "picture_px": stage.picture_px}
            line |= {name: asdict(score) for name, score in scores.items()}
            bar.write(json.dumps(line))
            if run_dir and log:
                _write_log(run_dir / "log.jsonl", line)
                for name, score in scores.items():
                    log.add_scalar(f"mean_error_years/{name}", score.mean_error_years, done)
        if last and (done % recipe.checkpoint_steps == 0 or done == steps):
            save_run(last, model, average, optimizer, facts | {"step": done})
    model.load_state_dict(average.state_dict())
    return model


def _write_log(file: Path, line: dict[str, Any]) -> None:
    """Add an epoch's line; one that a killed run had written for the same epoch or a later one is replaced."""
    before = [json.loads(text) for text in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    lines = [*(other for other in before if other["step"] < line["step"]), line]
    file.write_text("".join(json.dumps(each) + "\n" for each in lines), encoding="utf-8")


def _losses(logits: Tensor, embeddings: Tensor, batch: Batch, recipe: Recipe) -> dict[str, Tensor]:
    """The terms of the loss: distribution, mean age (years outside what is known), and likeness to the teacher."""
    years = torch.arange(AGES, device=logits.device, dtype=torch.float32)
    mean_age = logits.softmax(dim=1) @ years
    youngest, oldest = batch.ages.T
    outside = functional.relu(youngest - mean_age) + functional.relu(mean_age - oldest)
    losses = {
        "distribution": functional.cross_entropy(logits, batch.labels),
        "expectation": recipe.expectation_weight * outside.mean(),
    }
    if batch.embeddings.shape[1]:
        likeness = functional.cosine_similarity(embeddings, batch.embeddings)
        losses["teacher"] = recipe.embedding_weight * (1 - likeness).mean()
    return losses


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
