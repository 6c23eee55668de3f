"""Every check of the doctor, in the order in which they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.doctor.box import clock, config, user
from edge.doctor.camera import camera, frame_rate
from edge.doctor.disk import disk, record
from edge.doctor.faces import customer, face_size, focus, light, looks
from edge.doctor.finding import ALWAYS, Check, in_capitals
from edge.doctor.model import backend, engine, gpu, model, speed
from edge.doctor.offers import offers
from edge.doctor.till import agent, keys, sockets, tills

if TYPE_CHECKING:
    from edge.doctor.targets import Box, LaneSide

BOX_CHECKS: tuple[Check[Box], ...] = (config, user, clock, model, backend, gpu, engine, speed)
LANE_CHECKS: tuple[Check[LaneSide], ...] = (
    agent, disk, record, keys, sockets, tills, offers, camera, frame_rate, customer, light, focus, face_size, looks,
)  # fmt: skip


def table() -> str:
    """What every check means and its mends, as a page in Markdown."""
    rows: list[str] = []
    checks: tuple[Check[Any], ...] = (*BOX_CHECKS, *LANE_CHECKS)
    for one in checks:
        mends = "<br>".join(in_capitals(mend).replace("|", r"\|") for mend in one.mends)
        rows.append(f"| {one.name} | {one.asks} | {mends} |")
    return _PAGE.format("\n".join(rows), *map(in_capitals, ALWAYS))


_PAGE = """\
# edge-agent doctor

<!-- Written by: edge-agent doctor --checks > docs/doctor.md -->

    edge-agent doctor --config /etc/edge-agent/lane.toml

looks at everything a lane needs, with the settings that `edge-agent run` takes, and prints one line for each: `ok`,
`warning` (it works, but not as well as it could, or nobody could look) or `problem` (it does not work), and how to mend
it. Somebody should stand where the customers do and look at the camera while it looks at a lane. It changes nothing,
and disturbs no agent that runs. Exit code: 0 without problems, 1 with any, 2 for wrong usage. `--json` prints the same
for programs; `--seconds` says how long each camera is watched.

| Check | What it asks | What to do |
|---|---|---|
{}

Words in capitals stand for what the line names. Three mends may follow any check:

- where it needs another one that found a problem: {};
- where only root may look: {};
- where the check itself fails: {}.
"""
