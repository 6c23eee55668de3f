"""Hours of a lane, played fast: customers, sales, faults, and what the agent's process holds at the start and the end.

    python -m tests.soak CLIP --hours 8 --speed 10

The agent is the real one, with its camera's threads, its sockets and its files; only its clock runs faster. Ends with
exit code 1 if something has grown by more than 1 % after the first tenth.
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
from tests.soak.shop import FastTill

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
    if complaints := grown(seen, arguments.allowed):
        sys.exit("; ".join(complaints))


def soak(clip: Path, seconds: float, speed: float, folder: Path) -> list[Holdings]:
    """What the agent holds after each tenth of so many seconds of the lane's time."""
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
                raise SystemExit(f"the agent has ended by itself, with exit code {agent.returncode}")
            if played_s >= seconds * (len(seen) + 1) / TENTHS:
                seen.append(holdings(agent.pid, folder / "lane-1" / "lane.db", till, played_s / 3600))
        till.close()
        agent.terminate()
        if agent.wait(20):
            raise SystemExit(f"the agent ended with exit code {agent.returncode}")
    return seen


def table(seen: list[Holdings]) -> Table:
    """A line for every tenth."""
    columns = ("hours", "MB", "threads", "files", "outbox", "sales", "answers", "UNKNOWN", "blind s")
    shown = Table(*columns, title="What the agent holds")
    for one in seen:
        shown.add_row(
            f"{one.hours:.1f}", f"{one.resident_mb:.1f}", str(one.threads), str(one.files), str(one.outbox),
            str(one.sales), str(one.answers), str(one.unknown), f"{one.degraded_s:.0f}",
        )  # fmt: skip
    return shown


if __name__ == "__main__":
    main()
