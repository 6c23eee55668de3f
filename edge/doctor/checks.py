"""The list of all checks, in the order in which they run.

To add a check: write a function with the decorator `@check` in the module of its topic, put it into `BOX_CHECKS` or
`LANE_CHECKS` below, and run `edge-agent doctor --checks > docs/doctor.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge.doctor.box import config, user
from edge.doctor.camera import camera, frame_rate, grain, shape, upright
from edge.doctor.clock import clock, retention, till_clocks
from edge.doctor.disk import disk, record
from edge.doctor.faces import customer, face_samples, face_size, focus, light, proportions
from edge.doctor.finding import GENERAL_FIXES, Check, in_capitals
from edge.doctor.messages import messages
from edge.doctor.model import backend, engine, gpu, limits, model, speed
from edge.doctor.offers import offers
from edge.doctor.till import agent, keys, sockets, tills

if TYPE_CHECKING:
    from edge.doctor.targets import BoxTarget, LaneTarget

BOX_CHECKS: tuple[Check[BoxTarget], ...] = (config, user, clock, model, limits, backend, gpu, engine, speed)
LANE_CHECKS: tuple[Check[LaneTarget], ...] = (
    agent, disk, record, retention, keys, sockets, tills, till_clocks, messages, offers, camera, shape, grain,
    frame_rate, upright, customer, light, focus, face_size, proportions, face_samples,
)  # fmt: skip


def table() -> str:
    """docs/doctor.md: every check with its question and its fixes, in Markdown."""
    rows: list[str] = []
    checks: tuple[Check[Any], ...] = (*BOX_CHECKS, *LANE_CHECKS)
    for check in checks:
        fixes = "<br>".join(in_capitals(fix).replace("|", r"\|") for fix in check.fixes)
        rows.append(f"| {check.name} | {check.question} | {fixes} |")
    return _DOCTOR_PAGE.format("\n".join(rows), *map(in_capitals, GENERAL_FIXES))


_DOCTOR_PAGE = """\
# edge-agent doctor

<!-- Written by: edge-agent doctor --checks > docs/doctor.md -->

    edge-agent doctor --config /etc/edge-agent/lane.toml

checks the box and every lane, with the same settings as `edge-agent run`. It prints one line for each check, with a
verdict and, unless it is `ok`, a fix:

- `ok`: works;
- `warning`: works, but could work better, or could not be checked;
- `problem`: does not work.

While a lane is checked, someone should stand where customers do and look at the camera. The doctor changes nothing and
does not disturb a running agent. Exit code: 0 without problems, 1 with problems, 2 for wrong usage. `--json` prints an
object with the `version` of edge-agent, the `time`, the `box` and the `findings`; its JSON Schema is
[edge/doctor/result.schema.json](../edge/doctor/result.schema.json). `--json-lines` prints each finding in all
languages as it comes, after a line with the number of checks. `--seconds` limits how long each camera is watched.

| Check | Question | What to do |
|---|---|---|
{}

Words in capitals stand for values that the doctor fills in. Three more fixes can follow any check:

- a check that it needs found a problem: {};
- only root has access: {};
- the check itself crashed: {}.
"""
