"""`edge-train`: the trainer's command line, a thin layer over `load_train`, `create_model` and `train_model`."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands import Parser, positive, run_command
from edge.errors import RunError

if TYPE_CHECKING:
    from train.pictures import Pictures
    from train.recipe import Recipe
    from train.teacher import Lessons


def main() -> None:
    run_command(_main)


def _main() -> None:
    parser = Parser(prog="edge-train", description="Train and judge the age model.")
    commands = parser.add_subparsers(dest="command", required=True)

    look = commands.add_parser("explore", help="a report on labelled photos, to be looked at before training")
    look.add_argument("data", type=Path, help="a folder as for fit, or a CSV file of labels alone")
    look.add_argument("--out", type=Path, default=Path("report"), help="folder for index.html and facts.json")
    look.set_defaults(run=_explore)

    fit = commands.add_parser("fit", help="train a model; run it again to go on after a stop")
    fit.add_argument("data", type=Path, help="folder with labels.csv and final_files/, or a folder of such folders")
    fit.add_argument("--sources", nargs="+", metavar="NAME", help="train on these sources of the data alone")
    fit.add_argument("--out", type=Path, required=True, help="folder for the checkpoint and the log")
    fit.add_argument("--teacher", type=Path, help="face-recognition ONNX model to learn from")
    fit.add_argument("--epochs", type=positive, default=10)
    fit.add_argument("--batch-size", type=positive, default=32)
    fit.add_argument("--steps-per-epoch", type=positive)
    fit.add_argument("--validation-steps", type=positive, help="batches of test photos to look at after each epoch")
    fit.add_argument(
        "--recipe",
        type=Path,
        help="JSON file of settings that differ from train/recipe.py, or one of train/recipes/ by "
        "its name; default with --start: own",
    )
    start = fit.add_mutually_exclusive_group()
    start.add_argument("--start", type=Path, help="bundle or checkpoint whose weights a new run starts from")
    start.add_argument(
        "--backbone", type=Path, help="pretrained ResNet50, .pth or .safetensors with torchvision's names"
    )
    fit.set_defaults(run=_fit)

    judge = commands.add_parser("evaluate", help="write the report card of a model")
    judge.add_argument("model", type=Path, help="a checkpoint, or the folder of a bundle")
    judge.add_argument("data", type=Path, help="the photos it was trained on; judged on their test part")
    judge.add_argument("--out", type=Path, default=Path("card"), help="folder for card.html, card.json, MODEL_CARD.md")
    judge.add_argument("--against", type=Path, help="another model, compared photo by photo")
    judge.add_argument("--study", type=Path, help="study.json of `edge-train study`, for the card")
    judge.set_defaults(run=_evaluate)

    study = commands.add_parser("study", help="short runs: the baseline recipe, and without each source once")
    study.add_argument("data", type=Path, help="photos as for fit, better of more than one source")
    study.add_argument("--out", type=Path, required=True, help="folder for the runs and study.json")
    study.add_argument("--photos", type=positive, default=24_000, help="photos that each run sees")
    study.add_argument("--recipe", type=Path, default=Path("short"), help="as for fit")
    study.add_argument("--teacher", type=Path, help="as for fit")
    study.add_argument("--alone", metavar="NAME", help="also train on this source alone, without the teacher")
    study.set_defaults(run=_study)

    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    arguments.run(arguments)


def _explore(arguments: argparse.Namespace) -> None:
    from train.explore import explore
    from train.explore_page import explore_page

    facts, pictures = explore(arguments.data)
    page = arguments.out / "index.html"
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "facts.json").write_text(facts.model_dump_json(indent=2) + "\n", encoding="utf-8")
        page.write_text(explore_page(facts, pictures), encoding="utf-8")
    except OSError as problem:
        raise RunError(f"cannot write the report to {arguments.out}: {problem.strerror}") from None
    for source, count in facts.rows.items():
        print(f"{source}: {count} rows, {facts.bands[source]['under 18']:.0%} under 18")
    if not facts.labels_only:
        print(f"{page} shows faces: keep it as the photos are kept")
    print(page)


def _fit(arguments: argparse.Namespace) -> None:
    from train.data import load_train, of_sources
    from train.recipe import Recipe, read_recipe
    from train.teacher import learn_from
    from train.team import joined_team

    # Weights that are good already would be spoilt by the small pictures and large steps of a run from nothing.
    chosen = arguments.recipe or (Path("own") if arguments.start else None)
    recipe = read_recipe(chosen) if chosen else Recipe()
    with joined_team() as team:
        with team.leader_first():
            pictures = of_sources(load_train(arguments.data), arguments.sources)
            lessons = learn_from(arguments.teacher, pictures) if arguments.teacher else None
        _train(arguments, recipe, pictures, lessons)


def _train(arguments: argparse.Namespace, recipe: Recipe, pictures: Pictures, lessons: Lessons | None) -> None:
    from train.checkpoint import make_model
    from train.data import validation_split
    from train.loop import LAST, train_model
    from train.start import load_backbone, start_from

    learning, validation = validation_split(pictures)
    if not learning.any() or not validation.any():
        raise RunError(
            f"{arguments.data}: {learning.sum()} photos to learn from and {validation.sum()} to validate on; "
            "both are needed"
        )
    model = make_model(recipe.loss)
    if (arguments.out / LAST).exists():
        pass  # the weights come from there
    elif arguments.start:
        start_from(arguments.start, model, pictures[learning])
    elif arguments.backbone:
        load_backbone(arguments.backbone, model)
    train_model(
        model,
        pictures[learning],
        pictures[validation],
        arguments.batch_size,
        arguments.epochs,
        arguments.steps_per_epoch,
        arguments.validation_steps,
        recipe=recipe,
        lessons=lessons[learning] if lessons else None,
        run_dir=arguments.out,
        learned_before=_learned_before(arguments),
    )


def _learned_before(arguments: argparse.Namespace) -> dict[str, int]:
    """Whose photos are behind the run besides its own. A teacher's and a backbone's are not known: their files stand
    for them."""
    from train.start import learned_before

    files = [file.name for file in (arguments.teacher, arguments.backbone) if file]
    return dict.fromkeys(files, 0) | (learned_before(arguments.start) if arguments.start else {})


def _evaluate(arguments: argparse.Namespace) -> None:
    from train.card.judge import judge
    from train.card.write import write_card
    from train.study import read_study

    card = judge(arguments.model, arguments.data, arguments.against, read_study(arguments.study))
    for name, source in card.sources.items():
        if source.all and source.passed:
            print(
                f"{name}: {source.all.mean_error_years:.2f} years off ({source.all.low:.2f}-{source.all.high:.2f}), "
                f"{source.passed.mean_error_years:.2f} on the {1 - source.refused.share:.0%} that pass the quality gate"
            )
    print(write_card(card, arguments.out))


def _study(arguments: argparse.Namespace) -> None:
    from train.recipe import read_recipe
    from train.study import study, write_study

    recipe = read_recipe(arguments.recipe)
    found = study(arguments.data, arguments.out, recipe, arguments.photos, arguments.teacher, arguments.alone)
    for run in found.runs:
        print(f"{run.name}: {', '.join(f'{name} {one.mean_error_years:.2f}' for name, one in run.errors.items())}")
    print(write_study(found, arguments.out))
