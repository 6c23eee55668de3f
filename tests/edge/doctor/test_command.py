"""`edge-agent doctor`, as the installer uses it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.doctor.checks import BOX_CHECKS, LANE_CHECKS
from edge.doctor.command import doctor
from edge.errors import RunError, UsageError
from tests.commands import EdgeAgent

DOCUMENT = Path(__file__).parents[3] / "docs" / "doctor.md"

WHOLE = """\
ok       config      ...lane.toml; lane-1
ok       user        ...
... clock       ...
warning  model       research ..., hashes right, asks whoever looks younger than T; for evaluation only, not for a shop
         mend: train a model on photos that you have the right to use, and write model = its folder into the config
ok       backend     ..., passes its self-test
ok       gpu         ...
ok       engine      not used: the age model runs on cpu
... speed       ages of ... faces/s, faces found in ... pictures/s; 1 lane wants 10 of each, at least 4

lane-1
ok       agent       none runs on .../state: all of the lane can be checked
ok       disk        .../state: ... GB free; made at the first start
ok       record      none yet
ok       keys        not used: only programs on this box can connect
ok       sockets     ipc://.../reliable and ipc://.../live are free for the agent
warning  tills       none has sold anything restricted yet
         mend: while the agent runs, start the till's program, or edge-till --connect ipc://.../reliable, and scan ...
ok       offers      off (offers.enabled)
warning  camera      640x480, ... pictures, changing, from ...clip.avi; but it is a recording, and no camera
         mend: write camera = "/dev/lane-camera" (or rtsp://..., or 0) into the config ...lane.toml
ok       frame rate  ... pictures/s
ok       customer    a face in the zone in ... looks
ok       light       faces at ... of 255; 35 to 225 are used
ok       focus       sharpness of faces ...; at least 10 is used, 15 is safe
ok       face size   ... pixels between the eyes; at least 16 are used, 24 are safe
ok       looks       ... are good enough

0 problems, ... warnings, ... ok
"""
"""What it says of a lane on which somebody stands; ... stands for what differs from box to box, T for the age below
which the bundled model asks."""


@pytest.fixture
def config(tmp_path: Path, clip: Callable[..., Path]) -> Path:
    """A lane's settings, with a clip for its camera."""
    file = tmp_path / "lane.toml"
    file.write_text(
        f'video = "{clip()}"\nstate_dir = "{tmp_path}/state"\nages.backend = "cpu"\n'
        f'[till]\nreliable = "ipc://{tmp_path}/reliable"\nlive = "ipc://{tmp_path}/live"\n'
    )
    file.chmod(0o600)
    return file


def pattern(text: str) -> str:
    # The mend of a clock or a speed that is no good on this box is a line more.
    lines = [re.escape(line).replace(r"\.\.\.", ".*") + r"\n( +mend: .*\n)?" for line in text.splitlines()]
    return "".join(lines)


def test_it_prints_a_line_for_every_check_with_the_mend_below(
    edge_agent: EdgeAgent, config: Path, tmp_path: Path
) -> None:
    run = edge_agent("doctor", "--config", config, "--seconds", "2")
    assert (run.code, run.err) == (0, "")
    whole = WHOLE.replace("than T;", f"than {Bundle(BUNDLED).challenge_age(0.1)};")
    assert re.fullmatch(pattern(whole), run.out), run.out
    assert not (tmp_path / "state").exists(), "it changes nothing"


def test_a_problem_is_told_by_the_exit_code(edge_agent: EdgeAgent, config: Path) -> None:
    _, rest = config.read_text().split("\n", 1)
    config.write_text(f'camera = "/dev/no-camera"\n{rest}')
    run = edge_agent("doctor", "--config", config, "--seconds", "1")
    assert (run.code, "problem  camera" in run.out) == (1, True)
    assert re.fullmatch(r".*: 1 problem, \d+ warnings?, \d+ ok: see above\n", run.err)


def test_json_says_the_same_to_programs(edge_agent: EdgeAgent, config: Path) -> None:
    run = edge_agent("doctor", "--config", config, "--seconds", "1", "--json")
    findings = json.loads(run.out)
    assert [one["name"] for one in findings] == [check.name for check in (*BOX_CHECKS, *LANE_CHECKS)]
    assert {one["lane"] for one in findings[: len(BOX_CHECKS)]} == {None}
    assert {one["lane"] for one in findings[len(BOX_CHECKS) :]} == {"lane-1"}
    assert all(bool(one["mend"]) == (one["verdict"] != "ok") for one in findings)


def test_every_lane_of_a_box_is_looked_at_and_the_box_once(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    file = tmp_path / "lanes.toml"
    tables = [
        f'[[lane]]\nname = "lane-{number}"\ncamera = "/dev/no-camera-{number}"\n'
        f'till.reliable = "ipc://{tmp_path}/r{number}"\ntill.live = "ipc://{tmp_path}/l{number}"\n'
        for number in (1, 2)
    ]
    file.write_text(f'state_dir = "{tmp_path}/state"\n' + "".join(tables))
    run = edge_agent("doctor", "--config", file, "--json")
    findings = json.loads(run.out)
    assert run.code == 1
    assert len(findings) == len(BOX_CHECKS) + 2 * len(LANE_CHECKS)
    assert [one["lane"] for one in findings if one["verdict"] == "problem"] == ["lane-1", "lane-2"]


def test_a_config_that_is_wrong_is_a_problem_with_its_mend(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_text("policy.legal_age = 7\n")
    run = edge_agent("doctor", "--config", file)
    assert run.code == 1
    assert run.out.startswith("problem  config      policy.legal_age = 7: ")
    assert f"mend: open {file} in an editor" in run.out


def test_a_variable_that_is_wrong_is_one_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EDGE_POLICY__LEGAL_AGE", "7")
    with pytest.raises(RunError, match="1 problem, 0 warnings, 0 ok: see above"):
        doctor([])
    assert "mend: open the EDGE_* variables" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        "--speed 9",
        "more",
        "--seconds 0",
        "--seconds x",
        "--config /no/lane.toml",
        "--lane @",
        "--camera 0 --video a.mkv",
    ],
)
def test_wrong_usage_is_no_finding(words: str) -> None:
    with pytest.raises(UsageError):
        doctor(words.split())


def test_the_manual_lists_every_check_as_the_code_has_it(edge_agent: EdgeAgent) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == edge_agent("doctor", "--checks").out
