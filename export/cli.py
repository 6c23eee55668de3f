"""`edge-export`: from a checkpoint to what runs on a lane."""

from __future__ import annotations

import argparse
from pathlib import Path

from edge.commands import Parser, run_command


def main() -> None:
    run_command(_main)


def _main() -> None:
    parser = Parser(prog="edge-export", description="Make model files for lanes from a checkpoint.")
    commands = parser.add_subparsers(dest="command", required=True)

    onnx = commands.add_parser("onnx", help="the float32 ONNX of a checkpoint")
    onnx.add_argument("checkpoint", type=Path)
    onnx.add_argument("--out", type=Path, required=True, help="the ONNX file to write")
    onnx.set_defaults(run=_onnx)

    bundle = commands.add_parser("bundle", help="a whole bundle: INT8 model, manifest, measured on test photos")
    bundle.add_argument("checkpoint", type=Path)
    bundle.add_argument("--data", type=Path, required=True, help="the photos the checkpoint was trained on")
    bundle.add_argument("--out", type=Path, required=True, help="the folder to write")
    bundle.add_argument("--name", default="research", help="what to call the model")
    bundle.set_defaults(run=_bundle)

    arguments = parser.parse_args()
    arguments.run(arguments)


def _onnx(arguments: argparse.Namespace) -> None:
    from export.onnx import write_onnx
    from train.checkpoint import load_model

    model, _ = load_model(arguments.checkpoint)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    write_onnx(model, arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


def _bundle(arguments: argparse.Namespace) -> None:
    from export.bundle import write_bundle

    write_bundle(arguments.checkpoint, arguments.data, arguments.out, arguments.name)
