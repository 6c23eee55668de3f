"""The command line `edge-train`."""

from __future__ import annotations

import argparse
import logging
import shutil
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from edge.commands import Parser, positive, run_command, visible
from edge.errors import RunError, UsageError
from edge.language.catalogue import LANGUAGES
from edge.language.words import in_language, words
from train.gate_cli import add_gate_commands

if TYPE_CHECKING:
    from train.pictures import Pictures
    from train.recipe import Recipe
    from train.team import Team
    from train.trained import TrainedPhotos


def main() -> None:
    run_command(_main)


def _main() -> None:
    arguments = command_parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    arguments.run(arguments)


def command_parser() -> Parser:
    """The parser of `edge-train`. Parsed arguments have the function that runs their command as `run`."""
    parser = Parser(
        prog="edge-train",
        description="Train and evaluate the age model.",
        epilog="edge-train COMMAND --help lists the options of a command.",
    )
    parser.add_version()
    parser.add_completion()
    commands = parser.add_subparsers(dest="command", required=True, title="commands", metavar="COMMAND")
    _add_explore_and_pack(commands)
    _add_fit(commands)
    _add_evaluate_and_study(commands)
    add_gate_commands(commands)
    return parser


def _add_explore_and_pack(commands: argparse._SubParsersAction[Parser]) -> None:
    explore = commands.add_parser("explore", help="write a report on labelled photos, to read before training")
    explore.add_argument("data", type=Path, metavar="DATA", help="a folder as for fit, or a CSV file with labels only")
    explore.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        default=Path("report"),
        help="folder for index.html and facts.json; default: report",
    )
    explore.add_argument(
        "--language", choices=LANGUAGES, help="of the report; default: the setting language, EDGE_LANGUAGE"
    )
    explore.set_defaults(run=_explore)

    pack = commands.add_parser("pack", help="write the faces of all photos into one file, to train from")
    pack.add_argument("data", type=Path, metavar="DATA", help="folder as for fit")
    pack.add_argument("--out", type=Path, metavar="FILE", required=True, help="the file")
    pack.set_defaults(run=_pack)


def _add_fit(commands: argparse._SubParsersAction[Parser]) -> None:
    fit = commands.add_parser("fit", help="train a model; run it again to resume after a stop")
    fit.add_argument(
        "data",
        type=Path,
        metavar="DATA",
        help="folder with labels.csv and final_files/, a folder of such folders, or a pack",
    )
    fit.add_argument("--sources", nargs="+", metavar="NAME", help="train on these sources only")
    fit.add_argument("--out", type=Path, metavar="FOLDER", required=True, help="folder for the checkpoints and the log")
    fit.add_argument("--teacher", type=Path, metavar="FILE", help="face-recognition ONNX model to distil from")
    fit.add_argument("--epochs", type=positive, metavar="N", default=10, help="passes over the photos; default: 10")
    fit.add_argument("--batch-size", type=positive, metavar="N", default=32, help="photos per step; default: 32")
    fit.add_argument(
        "--steps-per-epoch",
        type=positive,
        metavar="N",
        help="batches per epoch; default: as many as it takes to see every photo once",
    )
    fit.add_argument(
        "--validation-steps",
        type=positive,
        metavar="N",
        help="batches of validation photos to use after each epoch; default: all",
    )
    fit.add_argument(
        "--recipe",
        type=Path,
        metavar="RECIPE",
        help="JSON file with the settings that differ from train/recipe.py, or the name of a file in train/recipes/; "
        "default with --start: own",
    )
    start = fit.add_mutually_exclusive_group()
    start.add_argument(
        "--start", type=Path, metavar="MODEL", help="bundle or checkpoint whose weights a new run starts from"
    )
    start.add_argument(
        "--backbone",
        type=Path,
        metavar="FILE",
        help="pretrained ResNet50, .pth or .safetensors with torchvision's names",
    )
    fit.set_defaults(run=_fit)


def _add_evaluate_and_study(commands: argparse._SubParsersAction[Parser]) -> None:
    judge = commands.add_parser("evaluate", help="write the report card of a model")
    judge.add_argument("model", type=Path, metavar="MODEL", help="a checkpoint, or the folder of a bundle")
    judge.add_argument(
        "data", type=Path, metavar="DATA", help="the photos it was trained on; test and validation part are used"
    )
    judge.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        default=Path("card"),
        help="folder for card.html, card.json and MODEL_CARD.md; default: card",
    )
    judge.add_argument("--against", type=Path, metavar="MODEL", help="another model to compare with, photo by photo")
    judge.add_argument(
        "--study", type=Path, metavar="FILE", help="study.json of `edge-train study`, to include in the card"
    )
    judge.add_argument(
        "--photos",
        type=positive,
        metavar="N",
        help="use at most this many test photos of each source, to try it out; default: all",
    )
    judge.add_argument(
        "--language",
        choices=LANGUAGES,
        help="of card.html; default: the setting language, EDGE_LANGUAGE. MODEL_CARD.md is English",
    )
    judge.set_defaults(run=_evaluate)

    study = commands.add_parser("study", help="short comparison runs: the baseline recipe, and without each source")
    study.add_argument(
        "data", type=Path, metavar="DATA", help="photos as for fit, preferably from more than one source"
    )
    study.add_argument("--out", type=Path, metavar="FOLDER", required=True, help="folder for the runs and study.json")
    study.add_argument("--photos", type=positive, metavar="N", default=24_000, help="photos per run; default: 24000")
    study.add_argument("--recipe", type=Path, metavar="RECIPE", default=Path("short"), help="as for fit")
    study.add_argument("--teacher", type=Path, metavar="FILE", help="as for fit")
    study.add_argument("--alone", metavar="NAME", help="also train on this source only, without the teacher")
    study.set_defaults(run=_study)

    choose = commands.add_parser("choose", help="compare models on validation photos, to choose one")
    choose.add_argument("data", type=Path, metavar="DATA", help="photos as for fit; only their validation part is used")
    choose.add_argument("models", type=Path, nargs="+", metavar="MODEL", help="a checkpoint, or the folder of a bundle")
    choose.set_defaults(run=_choose)

    recipes = commands.add_parser("recipes", help="short runs from the same weights, to compare recipes")
    recipes.add_argument("data", type=Path, metavar="DATA", help="as for fit")
    recipes.add_argument(
        "recipes", type=Path, nargs="+", metavar="RECIPE", help="as for fit; the first is what others are compared with"
    )
    recipes.add_argument("--start", type=Path, metavar="MODEL", required=True, help="as for fit")
    recipes.add_argument(
        "--out", type=Path, metavar="FOLDER", required=True, help="folder for the runs and recipes.json"
    )
    recipes.add_argument("--photos", type=positive, metavar="N", default=6400, help="photos per run; default: 6400")
    recipes.add_argument("--teacher", type=Path, metavar="FILE", help="as for fit")
    recipes.set_defaults(run=_recipes)


def _explore(arguments: argparse.Namespace) -> None:
    from edge.reports.output import print_report
    from edge.reports.page import report_page
    from edge.settings.load import load_settings
    from train.explore import explore
    from train.explore_page import explore_content

    language = arguments.language or load_settings([]).language
    facts, pictures = explore(arguments.data)
    content = explore_content(facts, pictures, language)
    page = arguments.out / "index.html"
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "facts.json").write_text(facts.model_dump_json(indent=2) + "\n", encoding="utf-8")
        page.write_text(report_page(content, language), encoding="utf-8")
    except OSError as problem:
        raise RunError(f"cannot write the report to {arguments.out}: {problem.strerror}") from None
    print_report(content.headline, content.tables, (), language, content.lead)
    where = words("The page: {file}", file=visible(str(page)))
    if not facts.labels_only:
        where = words("The page shows faces, protect it like the photos: {file}", file=visible(str(page)))
    print(f"\n{in_language(where, language)}")


def _pack(arguments: argparse.Namespace) -> None:
    from train.data import require_photos, split
    from train.pack import write_pack

    require_photos(arguments.data)
    started = monotonic()
    train, test = split(arguments.data)
    count = write_pack(train, test, arguments.out)
    seconds, size = monotonic() - started, arguments.out.stat().st_size
    print(f"{count} photos, {len(test)} of them for testing, in {seconds:.0f} s ({count / seconds:.0f} a second)")
    print(f"{visible(str(arguments.out))}: {size / 1e6:.0f} MB, {size / 1e3 / count:.1f} kB a photo")


def _fit(arguments: argparse.Namespace) -> None:
    from train.data import load_train, select_sources
    from train.recipe import Recipe, read_recipe
    from train.teacher import maps_of
    from train.team import joined_team

    # The small pictures and large steps of a run from scratch would damage trained weights.
    chosen = arguments.recipe or (Path("own") if arguments.start else None)
    recipe = read_recipe(chosen) if chosen else Recipe()
    if recipe.start_share and not arguments.start:
        raise UsageError(f"the recipe {chosen} mixes in the initial weights: give their model with --start")
    if arguments.teacher:
        maps_of(arguments.teacher)  # fails for a wrong file before the photos are read
    with joined_team() as team:
        with team.leader_first():
            pictures = select_sources(load_train(arguments.data), arguments.sources)
        _train(arguments, recipe, pictures, team)


def _train(arguments: argparse.Namespace, recipe: Recipe, pictures: Pictures, team: Team) -> None:
    from train.checkpoint import make_model
    from train.data import validation_split
    from train.loop import LAST, train_model
    from train.start import load_backbone, start_from
    from train.teacher import prepared_teacher
    from train.trained import require_unseen
    from train.unseen import spared

    learning, validation = validation_split(pictures)
    learning &= ~spared(pictures, recipe.spare)
    if not learning.any() or not validation.any():
        raise RunError(
            f"{arguments.data}: {learning.sum()} photos to train on and {validation.sum()} to validate on; both are "
            "needed"
        )
    earlier = _earlier_photos(arguments)
    if arguments.start:
        require_unseen(arguments.start, earlier, pictures[validation], "validation")
    teacher = None
    if arguments.teacher:
        with team.leader_first():
            teacher = prepared_teacher(arguments.teacher, pictures[learning], recipe, team.device)
    model = make_model(recipe.loss)
    if (arguments.out / LAST).exists():
        pass  # train_model loads its weights
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
        teacher=teacher,
        run_dir=arguments.out,
        earlier_sources=_earlier_sources(arguments),
        earlier_photos=earlier,
    )


def _earlier_photos(arguments: argparse.Namespace) -> TrainedPhotos:
    """The photos that the initial weights were trained on."""
    from train.trained import NO_PHOTOS, UNKNOWN_PHOTOS, trained_by

    if arguments.start:
        return trained_by(arguments.start) or UNKNOWN_PHOTOS
    return UNKNOWN_PHOTOS if arguments.backbone else NO_PHOTOS


def _earlier_sources(arguments: argparse.Namespace) -> dict[str, int]:
    """Sources and numbers of photos that the initial weights and the teacher were trained on. Those of a teacher or a
    backbone are unknown: it is listed by its file name, with 0 photos."""
    from train.start import sources_of_weights

    files = [file.name for file in (arguments.teacher, arguments.backbone) if file]
    return dict.fromkeys(files, 0) | (sources_of_weights(arguments.start) if arguments.start else {})


def _evaluate(arguments: argparse.Namespace) -> None:
    from edge.settings.load import load_settings
    from train.card.judge import judge
    from train.card.write import write_card
    from train.study import read_study

    language = arguments.language or load_settings([]).language
    study = read_study(arguments.study)
    card = judge(arguments.model, arguments.data, arguments.against, study, arguments.photos)
    for name, source in card.sources.items():
        if source.all and source.passed:
            line = words(
                "{source}: {years:.2f} years off ({low:.2f}-{high:.2f}), {passed_years:.2f} on the {share:.0%} that "
                "pass the quality gate",
                source=name, years=source.all.mean_error_years, low=source.all.low, high=source.all.high,
                passed_years=source.passed.mean_error_years, share=1 - source.refused.share,
            )  # fmt: skip
            print(in_language(line, language))
    print(write_card(card, arguments.out, language))


def _study(arguments: argparse.Namespace) -> None:
    from train.recipe import read_recipe
    from train.study import study, write_study

    recipe = read_recipe(arguments.recipe)
    found = study(arguments.data, arguments.out, recipe, arguments.photos, arguments.teacher, arguments.alone)
    for run in found.runs:
        print(f"{run.name}: {', '.join(f'{name} {error.mean_error_years:.2f}' for name, error in run.errors.items())}")
    print(write_study(found, arguments.out))


def _choose(arguments: argparse.Namespace) -> None:
    from edge.reports.tables import as_text
    from train.choice import choice_table, compare_models

    print(as_text(choice_table(compare_models(arguments.models, arguments.data)), shutil.get_terminal_size().columns))


def _recipes(arguments: argparse.Namespace) -> None:
    from train.recipe import read_recipe
    from train.recipe_study import study_recipes

    recipes = {str(name.with_suffix("")): read_recipe(name) for name in arguments.recipes}
    found = study_recipes(
        arguments.data, arguments.out, recipes, arguments.start, arguments.photos, teacher=arguments.teacher
    )
    file = arguments.out / "recipes.json"
    file.write_text(found.model_dump_json(indent=2) + "\n", encoding="utf-8")
    print(file)
