"""`make demo`: runs the agent on a recording in one process and a simulated till in another."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

from edge.commands import run_command
from edge.errors import UsageError
from edge.language.words import words

_SCAN_AFTER_S = 3.5
"""By then the customer of the drawn clip has stood at the till for a second."""


def _sale(scan_after_s: float) -> str:
    """The till's script, as JSON lines. scan_after_s: from opening the sale to scanning beer."""
    lines = [
        {"do": "wait-for", "event": "agent-met", "seconds": 60},
        {"do": "open", "sale_id": datetime.now(timezone.utc).strftime("sale-%H%M%S")},
        {"do": "scan", "item": "bread"},
        {"do": "scan", "item": "butter"},
        {"do": "wait", "seconds": round(scan_after_s, 1)},
        {"do": "scan", "item": "beer"},
        {"do": "wait-for", "event": "shown", "seconds": 20},
        # A first answer may be followed by a better one.
        {"do": "wait", "seconds": 1},
        {"do": "check", "outcome": "passed"},
        {"do": "close"},
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def _seconds(clip: Path) -> float:
    """Length of a recording in seconds; 0 if it cannot be read, which the agent reports itself."""
    # Imported here, so that a missing library of the system ends in one line, see `run_command`.
    from edge.frames.decoding import DecodedRecording

    try:
        recording = DecodedRecording(clip)
    except (OSError, ValueError):
        return 0.0
    with closing(recording):
        return recording.length_s


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m edge.demo", description=__doc__)
    parser.add_argument("clip", nargs="?", help="a recording of your own; default: draw one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.clip:
            clip = Path(arguments.clip)
            if not clip.is_file():
                raise UsageError(words("no video at {clip}: make demo CLIP=path/to/recording.mp4", clip=clip))
        else:
            from edge.demo.clip import write_clip

            clip = Path(folder) / "lane.mp4"
            print("demo: drawing a clip: someone walks up to the till, stops, leaves", flush=True)
            write_clip(clip)
        # Private sockets do not disturb a lane that already runs on this machine.
        reliable, live = f"ipc://{folder}/reliable", f"ipc://{folder}/live"
        agent = [sys.executable, "-m", "edge", "run", "--video", str(clip)]
        agent += ["--till.reliable", reliable, "--till.live", live, "--state-dir", f"{folder}/state"]
        # Its records last as long as the demo: whether a time server sets the clock of this machine does not matter.
        agent += ["--metrics.listen", "off", "--clock.trusted"]
        script = Path(folder) / "sale.jsonl"
        script.write_text(_sale(min(_SCAN_AFTER_S, 0.4 * _seconds(clip))), encoding="utf-8")
        till = [sys.executable, "-m", "edge.till.reference", "--connect", reliable]
        till += ["--script", str(script), "--tell", "words"]
        print(f"demo: edge-agent --video {clip}", flush=True)
        with subprocess.Popen(agent) as running:
            # Start the till after the agent: until it connects, a till asks everyone for ID, which would confuse here.
            while running.poll() is None and not (Path(folder) / "reliable").exists():
                time.sleep(0.02)
            answered = running.poll() is None and subprocess.run(till, check=False).returncode == 0
            ended = running.wait(timeout=600)
    if ended or not answered:
        sys.exit(1)


if __name__ == "__main__":
    run_command(_main)
