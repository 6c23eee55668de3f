"""Versions of the program on a box, and changed copies of them."""

from __future__ import annotations

from pathlib import Path

from tests.deploy.debian import Debian

OPT = "/opt/edge-agent"


def version(lane: Debian, which: str = "current") -> str:
    """The folder of a version: the one that runs, or the one before."""
    return lane.run("readlink", f"{OPT}/{which}").stdout.strip()


def another_version(lane: Debian, name: str) -> Path:
    """A copy of the version that runs, as the version before."""
    lane.run("sh", "-c", f"cd {OPT} && cp -al $(readlink current) {name} && ln -sfn {name} previous")
    program = lane.root / OPT[1:] / name / "bin/edge-agent"
    _, rest = program.read_text().split("\n", 1)
    replace(program, f"#!{OPT}/{name}/bin/python\n{rest}")
    return program.parents[1]


def replace(file: Path, text: str) -> None:
    """Write a file anew, because the old one is linked to that of another version."""
    mode = file.stat().st_mode
    file.unlink()
    file.write_text(text)
    file.chmod(mode)
