"""`edge-train`: the trainer's command line, a thin layer over `load_train`, `create_model` and `train_model`."""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import asdict
from pathlib import Path

from edge.commands import Parser, positive, run_command
from edge.crop import CROP_PX
from train.checkpoint import load_average
from train.data import split
from train.evaluate import evaluate
from train.loop import train_model
from train.model import create_model
from train.recipe import Recipe, read_recipe
from train.teacher import learn_from


def main() -> None:
    run_command(_main)


def _main() -> None:
    parser = Parser(prog="edge-train", description="Train and judge the age model.")
    commands = parser.add_subparsers(dest="command", required=True)

    fit = commands.add_parser("fit", help="train a model; run it again to go on after a stop")
    fit.add_argument("data", type=Path, help="folder with labels.csv and final_files/, or a folder of such folders")
    fit.add_argument("--out", type=Path, required=True, help="folder for the checkpoint and the log")
    fit.add_argument("--teacher", type=Path, help="face-recognition ONNX model to learn from")
    fit.add_argument("--epochs", type=positive, default=10)
    fit.add_argument("--batch-size", type=positive, default=32)
    fit.add_argument("--steps-per-epoch", type=positive)
    fit.add_argument("--validation-steps", type=positive, help="batches of test photos to look at after each epoch")
    fit.add_argument("--recipe", type=Path, help="JSON file of settings that differ from train/recipe.py")
    fit.add_argument("--start", type=Path, help="checkpoint whose averaged weights a new run starts from")
    fit.set_defaults(run=_fit)

    judge = commands.add_parser("evaluate", help="mean error in years on the test part, source by source")
    judge.add_argument("checkpoint", type=Path)
    judge.add_argument("data", type=Path)
    judge.set_defaults(run=_evaluate)

    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    arguments.run(arguments)


def _fit(arguments: argparse.Namespace) -> None:
    recipe = read_recipe(arguments.recipe) if arguments.recipe else Recipe()
    train_data, test_data = split(arguments.data)
    lessons = learn_from(arguments.teacher, train_data) if arguments.teacher else None
    model = create_model((CROP_PX, CROP_PX, 3))
    if arguments.start:
        load_average(arguments.start, model)
    train_model(
        model,
        train_data,
        test_data,
        arguments.batch_size,
        arguments.epochs,
        arguments.steps_per_epoch,
        arguments.validation_steps,
        recipe=recipe,
        lessons=lessons,
        run_dir=arguments.out,
    )


def _evaluate(arguments: argparse.Namespace) -> None:
    model = create_model()
    load_average(arguments.checkpoint, model)
    _, test_data = split(arguments.data)
    scores = evaluate(model, test_data)
    print(json.dumps({name: asdict(score) for name, score in scores.items()}, indent=2))
