"""`edge-agent bench --baskets`: how long the basket report takes over a made-up chain, and whether it is right."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from rich.progress import track

from edge.bench.chain import Chain
from edge.errors import RunError

_LOOK_EVERY_S = 0.02


@dataclass(frozen=True)
class Figures:
    """seconds: of the whole command, from its start. peak_mb: most memory that it held, in millions of bytes.
    within: of the planted lifts, how many lie inside the 95 % intervals that the report gives. chance_findings: of the
    lifts that are 1 in truth, how many the report says stand out."""

    lines: int
    files: int
    seconds: float
    peak_mb: float
    planted: int
    within: int
    alike: int
    chance_findings: int


def bench_baskets(lines: int, *, as_json: bool) -> None:
    """File about `lines` basket lines in a temporary folder, run `edge-agent report basket` on them, print figures."""
    chain = Chain()
    with tempfile.TemporaryDirectory(prefix="edge-agent-chain-") as folder:
        written = list(
            track(
                chain.write(Path(folder), lines, datetime.now(timezone.utc) - timedelta(days=1)),
                "filing purchases", max(1, round(lines / 10_000)), transient=True, disable=as_json,
            )
        )  # fmt: skip
        report, seconds, peak_mb = _reported(Path(folder))
    figures = _compared(chain, report, sum(written), len(written), seconds, peak_mb)
    if as_json:
        print(json.dumps(asdict(figures), indent=2))
        return
    print(f"basket lines        {figures.lines:,} in {figures.files:,} files")
    print(f"report              {figures.seconds:.1f} s, {figures.peak_mb:.0f} MB at most")
    print(f"planted lifts       {figures.within} of {figures.planted} within their 95 % intervals")
    print(f"bought by all alike {figures.chance_findings} of {figures.alike} said to stand out")


def _reported(folder: Path) -> tuple[dict[str, Any], float, float]:
    """What the report says in JSON, how many seconds it took, and its peak memory in MB."""
    words = ["report", "basket", "--folder", str(folder), "--since", "2000w", "--json", "-"]
    start, peak_kb = time.monotonic(), 0
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, "-m", "edge", *words], stdout=out)
        while process.poll() is None:
            peak_kb = max(peak_kb, _peak_kb(process.pid))
            time.sleep(_LOOK_EVERY_S)
        seconds = time.monotonic() - start
        if process.returncode:
            raise RunError(f"the report ended with {process.returncode}")
        out.seek(0)
        return json.load(out), seconds, peak_kb * 1024 / 1e6


def _peak_kb(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:  # it has just ended
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _compared(chain: Chain, report: dict[str, Any], lines: int, files: int, seconds: float, peak_mb: float) -> Figures:
    bought = {(one["band"], one["category"]): one for one in report["bought"]}
    truth = {key: lift for key, lift in chain.lifts.items() if key in bought}
    alike = [key for key, lift in truth.items() if abs(lift - 1) < 1e-9]
    return Figures(
        lines=lines,
        files=files,
        seconds=round(seconds, 1),
        peak_mb=round(peak_mb, 1),
        planted=len(truth),
        within=sum(_holds(bought[key]["lift"], lift) for key, lift in truth.items()),
        alike=len(alike),
        chance_findings=sum(bought[key]["stands_out"] for key in alike),
    )


def _holds(lift: dict[str, float | None], truth: float) -> bool:
    low, high = lift["low"], lift["high"]
    return (low is None or low <= truth) and (high is None or truth <= high)
