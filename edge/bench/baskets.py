"""`edge-agent bench --baskets`: speed and accuracy of the basket report on a simulated chain of shops."""

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

from edge.bench.chain import Chain
from edge.bench.figures import described
from edge.errors import RunError
from edge.language.words import words
from edge.progress import ProgressBar

_MEMORY_INTERVAL_S = 0.02


@dataclass(frozen=True)
class Figures:
    """The results. The names are those of the JSON.

    lines, files: filed. seconds: run time of the report command. peak_mb: its peak memory, in millions of bytes.
    planted: number of reported lifts whose true value is known. within: of these, the number inside the reported 95 %
    interval. alike: number of lifts whose true value is 1. chance_findings: of these, the number reported as findings.
    """

    lines: int
    files: int
    seconds: float
    peak_mb: float
    planted: int
    within: int
    alike: int
    chance_findings: int


def bench_baskets(lines: int, *, as_json: bool) -> None:
    """File about `lines` basket lines in a temporary folder, run the basket report on them, print the results."""
    chain = Chain()
    with tempfile.TemporaryDirectory(prefix="edge-agent-chain-") as folder:
        written = list(
            ProgressBar(
                chain.write(Path(folder), lines, datetime.now(timezone.utc) - timedelta(days=1)),
                "filing purchases",
                max(1, round(lines / 10_000)),
            )
        )
        report, seconds, peak_mb = _run_report(Path(folder))
    figures = _figures(chain, report, sum(written), len(written), seconds, peak_mb)
    if as_json:
        print(json.dumps(asdict(figures), indent=2))
        return
    print(
        described(
            {
                "basket lines": f"{figures.lines:,} in {figures.files:,} files",
                "report": f"{figures.seconds:.1f} s, {figures.peak_mb:.0f} MB peak memory",
                "known lifts": f"{figures.within} of {figures.planted} within their 95 % intervals",
                "false findings": f"{figures.chance_findings} of {figures.alike} lifts that are 1",
            }
        )
    )


def _run_report(folder: Path) -> tuple[dict[str, Any], float, float]:
    """The report's JSON, its run time in seconds, and its peak memory in MB. Raises RunError if the report fails."""
    command = ["report", "basket", "--folder", str(folder), "--since", "2000w", "--json", "-"]
    start, peak_kb = time.monotonic(), 0
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, "-m", "edge", *command], stdout=out)
        while process.poll() is None:
            peak_kb = max(peak_kb, _peak_kb(process.pid))
            time.sleep(_MEMORY_INTERVAL_S)
        seconds = time.monotonic() - start
        if process.returncode:
            raise RunError(words("the report failed with exit code {code}", code=process.returncode))
        out.seek(0)
        return json.load(out), seconds, peak_kb * 1024 / 1e6


def _peak_kb(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:  # the process has just ended
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def _figures(chain: Chain, report: dict[str, Any], lines: int, files: int, seconds: float, peak_mb: float) -> Figures:
    bought = {(lift["band"], lift["category"]): lift for lift in report["bought"]}
    truth = {key: lift for key, lift in chain.lifts.items() if key in bought}
    alike = [key for key, lift in truth.items() if abs(lift - 1) < 1e-9]
    return Figures(
        lines=lines,
        files=files,
        seconds=round(seconds, 1),
        peak_mb=round(peak_mb, 1),
        planted=len(truth),
        within=sum(_contains(bought[key]["lift"], lift) for key, lift in truth.items()),
        alike=len(alike),
        chance_findings=sum(bought[key]["stands_out"] for key in alike),
    )


def _contains(lift: dict[str, float | None], truth: float) -> bool:
    low, high = lift["low"], lift["high"]
    return (low is None or low <= truth) and (high is None or truth <= high)
