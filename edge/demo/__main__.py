"""`make demo`: the agent on a recording in one process, a simulated till in another."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2

from edge.commands import run_command
from edge.demo.clip import write_clip
from edge.errors import UsageError

_SCAN_AFTER_S = 3.5
"""When the drawn clip's customer has stood for a second."""


def _seconds(clip: Path) -> float:
    """Length of a recording; 0 for what is none, which the agent itself will say."""
    capture = cv2.VideoCapture(str(clip))
    frames, rate = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
    capture.release()
    return max(0.0, frames / rate) if rate > 0 else 0.0


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m edge.demo", description=__doc__)
    parser.add_argument("clip", nargs="?", help="a recording of your own; default: one that is drawn on the spot")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.clip:
            clip = Path(arguments.clip)
            if not clip.is_file():
                raise UsageError(f"no video at {clip}: make demo CLIP=path/to/recording.mp4")
        else:
            clip = Path(folder) / "lane.mp4"
            print("demo: drawing a clip: someone walks up to the till, stops, leaves", flush=True)
            write_clip(clip)
        # Private sockets, so that a lane already running on this machine is not disturbed.
        reliable, live = f"ipc://{folder}/reliable", f"ipc://{folder}/live"
        agent = [sys.executable, "-m", "edge", "run", "--video", str(clip)]
        agent += ["--till.reliable", reliable, "--till.live", live]
        till = [
            sys.executable,
            "-m",
            "edge.till.reference",
            "--connect",
            reliable,
            "--scan-after",
            f"{min(_SCAN_AFTER_S, 0.4 * _seconds(clip)):.1f}",
        ]
        print(f"demo: edge-agent --video {clip}", flush=True)
        with subprocess.Popen(agent) as running:
            answered = subprocess.run(till, check=False).returncode == 0
            ended = running.wait(timeout=600)
    if ended or not answered:
        sys.exit(1)


if __name__ == "__main__":
    run_command(_main)
