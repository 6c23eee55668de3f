"""The commands of `edge-train` about the quality gate and what it looks at: scenes, breadth and eyes."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from edge.commands import Parser, positive
from edge.errors import UsageError
from edge.settings.sections import QualitySettings


def add_gate_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    scenes = commands.add_parser(
        "scenes", help="measure a bundle on squeezed, night and wide-angle pictures, and add the result to its card"
    )
    scenes.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder of a model bundle")
    scenes.add_argument("data", type=Path, metavar="DATA", help="photos as for fit; only their test part is used")
    scenes.add_argument("--photos", type=positive, metavar="N", default=300, help="photos of each kind; default: 300")
    scenes.set_defaults(run=_scenes)

    breadth = commands.add_parser("breadth", help="fit the estimate of how broad a face is, which detects squeezing")
    breadth.add_argument("data", type=Path, metavar="DATA", help="photos as for fit; their ages are not used")
    breadth.add_argument("--photos", type=positive, metavar="N", default=7000, help="photos to fit on; default: 7000")
    breadth.add_argument("--out", type=Path, metavar="FILE", required=True, help="file of the weights, .npz")
    breadth.set_defaults(run=_breadth)

    eyes = commands.add_parser("eyes", help="fit the estimate of covered eyes, which detects sunglasses")
    eyes.add_argument("data", type=Path, metavar="DATA", help="photos or a pack as for fit; their ages are not used")
    eyes.add_argument("--sources", nargs="+", metavar="NAME", help="fit on these sources only")
    eyes.add_argument("--photos", type=positive, metavar="N", default=14_000, help="photos to fit on; default: 14000")
    eyes.add_argument("--out", type=Path, metavar="FILE", required=True, help="file of the weights, .npz")
    eyes.set_defaults(run=_eyes)


def _scenes(arguments: argparse.Namespace) -> None:
    from edge.ages.bundle import Bundle
    from edge.ages.onnx import OnnxAgeModel
    from train.card.scene_errors import scenes
    from train.card.write import write_scenes
    from train.data import load_test
    from train.thresholds import default_limit
    from train.trained import require_unseen, trained_by

    bundle = Bundle(arguments.bundle)
    manifest = bundle.manifest
    limit = default_limit(manifest.thresholds)
    if limit is None:
        raise UsageError(
            f"{arguments.bundle} has no limit for 18 at the default risk: the minors who pass unasked cannot be counted"
        )
    test_data = load_test(arguments.data)
    require_unseen(arguments.bundle, trained_by(arguments.bundle), test_data, "test")
    found = scenes(
        OnnxAgeModel(bundle.cpu_model).predict, manifest.temperature, test_data, arguments.photos, limit
    )  # fmt: skip
    print(write_scenes(found, arguments.bundle))


def _breadth(arguments: argparse.Namespace) -> None:
    from train.breadth import fit_breadth, write_breadth
    from train.pictures import read_labels

    fit = fit_breadth(read_labels(arguments.data)[0], arguments.photos)
    write_breadth(fit, arguments.out)
    print(
        f"fitted on {fit.photos} photos; on others: correlation {fit.correlation:.3f} with the true breadth, standard "
        f"deviation {fit.spread:.3f} (of the logarithm) among natural faces"
    )


def _eyes(arguments: argparse.Namespace) -> None:
    from train.data import load_train, select_sources
    from train.eyes import fit_eye_cover, write_eye_cover

    pictures = select_sources(load_train(arguments.data), arguments.sources)
    fit = fit_eye_cover(pictures, arguments.photos)
    write_eye_cover(fit, arguments.out)
    limit = QualitySettings().max_eye_cover
    print(
        f"fitted on {fit.photos} photos; of {len(fit.plain)} validation photos {np.mean(fit.plain > limit):.1%} are "
        f"above the limit {limit:g}, and {np.mean(fit.worn > limit):.1%} of the same with sunglasses"
    )
