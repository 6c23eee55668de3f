"""Prints how many photos a second training takes on this machine: prepared by the processor, and trained on.

    python -m tests.gpu.training [--device cpu] [--batch-size N ...]

The photos are crops of one portrait, of the size of those in a pack. The slower of the two is the speed of a run.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from edge.commands import run_command
from edge.errors import UsageError
from edge.vision.crop import CROP_PX, TEMPLATE
from edge.vision.faces import LEFT_EYE, MOUTH, RIGHT_EYE
from tests.gpu.faces import faces
from train.batches import Batch, Batches
from train.learner import Learner
from train.loop import optimizer_of, training_step
from train.model import AgeNetwork
from train.pictures import HASH_WORDS, Pictures
from train.recipe import Recipe, Stage

MEASURE_S = 4.0
PHOTOS = 64
RECIPE = Recipe(stages=(Stage(picture_px=112, share=1),))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=("cpu", "cuda"))
    parser.add_argument("--batch-size", type=int, nargs="+", default=[64, 256, 512], metavar="N")
    arguments = parser.parse_args()
    if arguments.device == "cuda" and not torch.cuda.is_available():
        raise UsageError("PyTorch finds no GPU that it can use here: --device cpu measures the processor")
    device = torch.device(arguments.device)
    with TemporaryDirectory() as folder:
        pictures = portraits(Path(folder))
        table = Table(title=f"Training, {RECIPE.stages[0].picture_px} px, on {device_name(device)}")
        for heading in ("batch", "prepared/s", "trained/s"):
            table.add_column(heading, justify="right")
        for size in arguments.batch_size:
            batches = Batches(pictures[np.arange(size) % PHOTOS], RECIPE, size, steps=1_000_000)
            table.add_row(str(size), f"{prepared_per_s(batches, size):.0f}", f"{trained_per_s(batches[0], device):.0f}")
    table.caption = f"Photos a second; {os.cpu_count()} processes prepare them"
    Console().print(table)


def portraits(folder: Path) -> Pictures:
    """Photos of one person of 39 years, as files, with the keypoints where the crop has them."""
    paths = [folder / f"{row}.jpg" for row in range(PHOTOS)]
    for path, crop in zip(paths, faces(PHOTOS), strict=True):
        cv2.imwrite(str(path), crop[..., ::-1])
    keypoints = np.zeros((PHOTOS, 4, 2), np.float32)
    keypoints[:, [RIGHT_EYE, LEFT_EYE, MOUTH]] = TEMPLATE * CROP_PX
    nothing = np.full(PHOTOS, "")
    return Pictures(
        paths=np.array(paths, object),
        sources=np.full(PHOTOS, "portrait"),
        ages=np.full((PHOTOS, 2), 39, np.float32),
        held_out=np.zeros(PHOTOS, bool),
        keypoints=keypoints,
        hashes=np.zeros((PHOTOS, HASH_WORDS), np.uint64),
        picture_hashes=np.zeros((PHOTOS, HASH_WORDS), np.uint64),
        sexes=nothing,
        groups=nothing,
    )


def prepared_per_s(batches: Batches, size: int) -> float:
    """Photos that all worker processes together prepare in a second, once they run."""
    prepared = iter(batches.loader(0))
    for _ in range(4 * (os.cpu_count() or 1) + 1):  # those that were prepared while the processes started
        next(prepared)
    return size * _per_s(lambda: next(prepared))


def trained_per_s(batch: Batch, device: torch.device) -> float:
    """Photos a second of whole training steps without a teacher, with a batch that is on the device already."""
    batch = batch.to(device)
    learner = Learner(AgeNetwork(), RECIPE).train()
    learner.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = optimizer_of(learner)

    def step() -> float:
        # Reading a loss waits for the GPU.
        return training_step(learner, optimizer, batch, clip_gradient=RECIPE.clip_gradient)["distribution"].item()

    return len(batch.images) * _per_s(step)


def _per_s(work: Callable[[], object]) -> float:
    """How often `work` runs in a second, during MEASURE_S after a warm-up."""
    work()
    start, runs = time.perf_counter(), 0
    while (passed := time.perf_counter() - start) < MEASURE_S or not runs:
        work()
        runs += 1
    return runs / passed


def device_name(device: torch.device) -> str:
    """The card's own name, or what the processor is called here."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"{os.cpu_count()} processor cores"


if __name__ == "__main__":
    run_command(main)
