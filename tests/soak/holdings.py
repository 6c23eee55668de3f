"""Resources of the agent's process: memory, threads, open files, outbox."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.soak.till import FastTill


@dataclass(frozen=True)
class Holdings:
    """hours: of the lane's time so far. files: open handles. outbox: alerts on disk that no till has confirmed.

    degraded_s: seconds of the lane's time with health `degraded`.
    """

    hours: float
    resident_mb: float
    threads: int
    files: int
    outbox: int
    sales: int
    answers: int
    unknown: int
    degraded_s: float


def holdings(pid: int, database: Path, till: FastTill, hours: float) -> Holdings:
    process = Path(f"/proc/{pid}")
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text(encoding="ascii").splitlines())
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (outbox,) = connection.execute("SELECT count(*) FROM outbox").fetchone()
    return Holdings(
        hours=hours,
        resident_mb=int(status["VmRSS"].split()[0]) / 1024,
        threads=int(status["Threads"]),
        files=len(list((process / "fd").iterdir())),
        outbox=int(outbox),
        sales=till.sales,
        answers=till.answers,
        unknown=till.unknown,
        degraded_s=till.degraded_s,
    )


def grown(seen: list[Holdings], allowed: float) -> list[str]:
    """One text for each value that has grown by more than `allowed` since the first tenth.

    The smallest of the last three tenths counts, because a failing camera temporarily adds threads and files.
    """
    first, last = seen[0], seen[-3:]
    problems = []
    for name in ("resident_mb", "threads", "files", "outbox"):
        before, now = getattr(first, name), min(getattr(tenth, name) for tenth in last)
        if now > before * (1 + allowed):
            problems.append(f"{name} grew from {before:.1f} to {now:.1f}")
    return problems
