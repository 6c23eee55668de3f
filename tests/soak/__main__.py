"""Hours of a lane, played fast, with customers, sales and faults; measures whether the agent's process grows.

    python -m tests.soak CLIP --hours 8 --speed 10

The agent is the real one, with its camera threads, sockets and files; only its clock is faster. Exit code 1 if memory,
threads, open files or the outbox have grown by more than 1 % after the first tenth.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.soak.holdings import Holdings, grown, holdings
from tests.soak.till import FastTill

TENTHS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path, help="a recording of a customer")
    parser.add_argument("--hours", type=float, default=8.0, help="of the lane's time")
    parser.add_argument("--speed", type=float, default=10.0, help="how much faster than a real clock")
    parser.add_argument("--allowed", type=float, default=0.01, help="growth after the first tenth, as a share")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seen = soak(arguments.clip, arguments.hours * 3600, arguments.speed, Path(folder))
    Console().print(table(seen))
    if problems := grown(seen, arguments.allowed):
        sys.exit("; ".join(problems))


def soak(clip: Path, seconds: float, speed: float, folder: Path) -> list[Holdings]:
    """Measure the agent after each tenth of `seconds` of the lane's time."""
    command = [sys.executable, "-m", "tests.soak.agent", str(clip), str(folder), str(speed)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as agent, Progress(transient=True) as progress:
        till = FastTill(f"ipc://{folder}/lane", speed)
        bar = progress.add_task("playing", total=seconds)
        start_s, seen = time.monotonic(), list[Holdings]()
        while len(seen) < TENTHS:
            till.sell_once()
            played_s = (time.monotonic() - start_s) * speed
            progress.update(bar, completed=played_s)
            if agent.poll() is not None:
                raise SystemExit(f"the agent ended with exit code {agent.returncode}")
            if played_s >= seconds * (len(seen) + 1) / TENTHS:
                seen.append(holdings(agent.pid, folder / "lane-1" / "lane.db", till, played_s / 3600))
        till.close()
        agent.terminate()
        if agent.wait(20):
            raise SystemExit(f"the agent ended with exit code {agent.returncode}")
    return seen


def table(seen: list[Holdings]) -> Table:
    """A row for every tenth."""
    columns = ("hours", "MB", "threads", "files", "outbox", "sales", "answers", "UNKNOWN", "blind s")
    shown = Table(*columns, title="Resources of the agent")
    for row in seen:
        shown.add_row(
            f"{row.hours:.1f}", f"{row.resident_mb:.1f}", str(row.threads), str(row.files), str(row.outbox),
            str(row.sales), str(row.answers), str(row.unknown), f"{row.degraded_s:.0f}",
        )  # fmt: skip
    return shown


if __name__ == "__main__":
    main()
