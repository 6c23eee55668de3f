"""The command line `edge-export`: model files for lanes from a checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge.commands import Parser, run_command
from edge.errors import RunError, UsageError


def main() -> None:
    run_command(_main)


def _main() -> None:
    arguments = command_parser().parse_args()
    arguments.run(arguments)


def command_parser() -> Parser:
    """The parser of `edge-export`. Parsed arguments have the function that runs their command as `run`."""
    parser = Parser(
        prog="edge-export",
        description="Make model files for lanes from a checkpoint.",
        epilog="edge-export COMMAND --help lists the options of a command.",
    )
    parser.add_version()
    parser.add_completion()
    commands = parser.add_subparsers(dest="command", required=True, title="commands", metavar="COMMAND")

    onnx = commands.add_parser("onnx", help="write a checkpoint as float32 ONNX")
    onnx.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="file written by edge-train fit")
    onnx.add_argument("--out", type=Path, metavar="FILE", required=True, help="the ONNX file to write")
    onnx.set_defaults(run=_onnx)

    bundle = commands.add_parser("bundle", help="write a bundle: models for CPU and GPU, and a manifest")
    bundle.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="file written by edge-train fit")
    bundle.add_argument(
        "--data", type=Path, metavar="DATA", required=True, help="the photos the checkpoint was trained on"
    )
    bundle.add_argument("--out", type=Path, metavar="FOLDER", required=True, help="the folder to write")
    bundle.add_argument("--name", metavar="NAME", default="research", help="name of the model; default: research")
    bundle.set_defaults(run=_bundle)

    eight = commands.add_parser("int8", help="write a checkpoint as INT8 ONNX, for CPUs")
    eight.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="file written by edge-train fit")
    eight.add_argument(
        "--data", type=Path, metavar="DATA", required=True, help="the photos the checkpoint was trained on"
    )
    eight.add_argument("--out", type=Path, metavar="FILE", required=True, help="the ONNX file to write")
    eight.set_defaults(run=_int8)

    check = commands.add_parser("verify", help="compare every file of a bundle with the network in PyTorch")
    check.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder written by edge-export bundle")
    check.add_argument(
        "--data", type=Path, metavar="DATA", required=True, help="the photos it was trained on; the test part is used"
    )
    check.add_argument(
        "--checkpoint",
        type=Path,
        metavar="CHECKPOINT",
        help="the network's checkpoint; default: the weights of age.onnx",
    )
    check.set_defaults(run=_verify)

    limits = commands.add_parser("limits", help="measure the limits of a bundle again, on other photos")
    limits.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder written by edge-export bundle")
    limits.add_argument(
        "--data", type=Path, metavar="DATA", required=True, help="labelled photos; their validation part is used"
    )
    limits.set_defaults(run=_limits)

    engine = commands.add_parser("engine", help="build the TensorRT engine of a bundle")
    engine.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder written by edge-export bundle")
    engine.add_argument(
        "--compute-capability", nargs="+", metavar="X.Y",
        help="build with TensorRT for RTX for GPUs of these compute capabilities; needs no GPU; default: build for "
        "this box's own GPU",
    )  # fmt: skip
    engine.add_argument("--out", type=Path, metavar="FOLDER", help="folder for engines of other compute capabilities")
    engine.add_argument(
        "--cache", type=Path, metavar="FOLDER", help="folder for this box's engine; default: the lane's cache"
    )
    engine.set_defaults(run=_engine)

    return parser


def _onnx(arguments: argparse.Namespace) -> None:
    from export.onnx import write_onnx
    from train.start import load_network

    model, _ = load_network(arguments.checkpoint)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    write_onnx(model, arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


def _bundle(arguments: argparse.Namespace) -> None:
    from export.bundle import write_bundle

    write_bundle(arguments.checkpoint, arguments.data, arguments.out, arguments.name)


def _int8(arguments: argparse.Namespace) -> None:
    import tempfile

    from export.onnx import write_onnx
    from export.quantize import calibration_faces, write_int8
    from train.data import load_train
    from train.start import load_network

    model, _ = load_network(arguments.checkpoint)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        write_onnx(model, Path(folder) / "float.onnx")
        write_int8(Path(folder) / "float.onnx", calibration_faces(load_train(arguments.data)), arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


def _verify(arguments: argparse.Namespace) -> None:
    from edge.ages.bundle import Bundle
    from export.card import print_verdict, write_verdict
    from export.verify import verify
    from train.data import load_test

    Bundle(arguments.bundle)  # fails for an invalid bundle before the photos are read
    verdict = verify(arguments.bundle, load_test(arguments.data), arguments.checkpoint)
    print_verdict(verdict)
    print(write_verdict(verdict, arguments.bundle))
    if verdict.failed:
        raise RunError("; ".join(verdict.failed))


def _limits(arguments: argparse.Namespace) -> None:
    from export.limits import measure_limits

    for each in measure_limits(arguments.bundle, arguments.data).thresholds:
        print(
            f"sold from {each.legal_age}, risk {each.risk:.0%}: limit {each.max_p_under_legal:.2%}, about below "
            f"{each.challenge_age}; {each.passed} of {each.underage} aged {each.ages[0]}-{each.ages[1]} passed"
        )


def _engine(arguments: argparse.Namespace) -> None:
    from edge.ages.bundle import Bundle
    from edge.settings.config import default_cache_dir
    from export.tensorrt import write_engine, write_engines_ahead

    capabilities: list[str] | None = arguments.compute_capability
    if (capabilities is None) != (arguments.out is None):
        raise UsageError("--compute-capability and --out go together: give both, or neither for this box's own GPU")
    if capabilities is not None and arguments.cache is not None:
        raise UsageError("--cache is for this box's own engine: leave it out with --compute-capability")
    bundle = Bundle(arguments.bundle)
    if capabilities is None:
        print(write_engine(bundle, arguments.cache or default_cache_dir()))
        return
    for written in write_engines_ahead(bundle, capabilities, arguments.out):
        print(written, flush=True)
