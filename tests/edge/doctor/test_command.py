"""`edge-agent doctor` as the installer runs it."""

from __future__ import annotations

import json
import platform
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from edge import __version__
from edge.doctor.checks import BOX_CHECKS, LANE_CHECKS
from edge.doctor.command import doctor
from edge.doctor.result import SCHEMA_FILE, schema, schema_text
from edge.doctor.titles import TITLES
from edge.errors import RunError, UsageError
from tests.commands import EdgeAgent
from tests.edge.doctor.builders import WriteClip

DOCUMENT = Path(__file__).parents[3] / "docs" / "doctor.md"

WHOLE = """\
ok       config      ...lane.toml; lanes: lane-1
ok       user        ...
... clock       ...
warning  model       research ..., files unchanged; for evaluation only, not for a shop
         fix: train a model on photos that you have the right to use, and write model = its folder into the config
ok       limits      asks for ID from ...: above ... % of being younger, which is about below ...; from ...: above ...
ok       backend     ..., self-test passed
ok       gpu         ...
ok       engine      not used: the age model runs on cpu
... speed       ages of ... faces/s, face detection in ... pictures/s; 1 lane: minimum 4 of each, recommended 10

lane-1
ok       agent       no agent runs on .../state: every check of the lane is possible
ok       disk        .../state: ... GB free; created at the first start
ok       record      no record yet
ok       retention   no record yet; kept for 365 days
ok       keys        not used: only programs on this box can connect
ok       sockets     ipc://.../reliable and ipc://.../live are free for the agent
warning  tills       no till has sold a restricted item yet
         fix: while the agent runs, start the till's program, or edge-till --connect ipc://.../reliable, and scan ...
ok       till clocks no till has said its time yet
ok       messages    nothing that tills have sent since yesterday was rejected
ok       offers      off (offers.enabled)
warning  camera      640x480, ... pictures, changing, from ...clip.avi; this is a recording, not a camera
         fix: write camera = "/dev/lane-camera" (or rtsp://..., or 0) into the config ...lane.toml
ok       shape       640x480, as sent or declared
ok       grain       neighbouring pictures differ by ... grey levels where nothing moves; at most 3.5
ok       frame rate  ... pictures/s; minimum 3, recommended 12
ok       upright     faces in ... pictures are upright
ok       customer    a face in the zone in ... pictures
ok       light       brightness of faces ... of 255; minimum 35, maximum 225
ok       focus       sharpness of faces ...; minimum 10, recommended 15
ok       face size   ... pixels between the eyes; minimum 16, recommended 24
ok       proportions breadth of faces ...; 1 is natural, minimum 0.8, maximum 1.25
ok       looks       ... face samples are good enough

0 problems, ... warnings, ... ok
"""
"""The output for a lane with a customer; "..." is any text."""


@pytest.fixture
def config(tmp_path: Path, clip: WriteClip) -> Path:
    """A lane's settings, with a clip for its camera."""
    file = tmp_path / "lane.toml"
    file.write_text(
        f'video = "{clip()}"\nstate_dir = "{tmp_path}/state"\nages.backend = "cpu"\n'
        f'[till]\nreliable = "ipc://{tmp_path}/reliable"\nlive = "ipc://{tmp_path}/live"\n'
    )
    file.chmod(0o600)
    return file


def pattern(text: str) -> str:
    # A clock or a speed that is not ok on this box adds a line with its fix.
    lines = [re.escape(line).replace(r"\.\.\.", ".*") + r"\n( +fix: .*\n)?" for line in text.splitlines()]
    return "".join(lines)


def test_each_check_prints_a_line_with_its_fix_below(edge_agent: EdgeAgent, config: Path, tmp_path: Path) -> None:
    run = edge_agent("doctor", "--config", config, "--seconds", "2")
    assert (run.code, run.err) == (0, "")
    assert re.fullmatch(pattern(WHOLE), run.out), run.out
    assert not (tmp_path / "state").exists(), "it changes nothing"


def test_it_speaks_the_language_of_the_settings_or_of_its_flag(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_text(f'camera = "/dev/no-camera"\nstate_dir = "{tmp_path}/state"\nlanguage = "ru"\n')
    file.chmod(0o600)
    run = edge_agent("doctor", "--config", file)
    assert "неисправность   камера         камера /dev/no-camera не даёт картинку: подключена ли она" in run.out
    assert "(такого устройства нет)" in run.out
    assert "что сделать: отключите камеру и подключите её прямо к компьютеру" in run.out
    assert "предупреждение  форма картинки не проверено: см. «камера»" in run.out
    assert re.fullmatch(r".*: 1 неисправность, .* предупреждени[еяй], в порядке: \d+: см. выше\n", run.err)
    english = edge_agent("doctor", "--config", file, "--language", "en", "--json")
    camera = next(each for each in json.loads(english.out)["findings"] if each["name"] == "camera")
    assert camera["seen"].startswith("camera /dev/no-camera gives no picture")


def test_a_problem_ends_in_exit_code_1(edge_agent: EdgeAgent, config: Path) -> None:
    _, rest = config.read_text().split("\n", 1)
    config.write_text(f'camera = "/dev/no-camera"\n{rest}')
    run = edge_agent("doctor", "--config", config, "--seconds", "1")
    assert (run.code, "problem  camera" in run.out) == (1, True)
    assert re.fullmatch(r".*: 1 problem, \d+ warnings?, \d+ ok: see above\n", run.err)


def test_json_has_the_same_findings(edge_agent: EdgeAgent, config: Path) -> None:
    run = edge_agent("doctor", "--config", config, "--seconds", "1", "--json")
    result = json.loads(run.out)
    Draft202012Validator(schema()).validate(result)
    assert result["version"] == __version__
    assert datetime.now(timezone.utc) - datetime.fromisoformat(result["time"].replace("Z", "+00:00")) < timedelta(
        hours=1
    )
    assert result["box"]["name"] == platform.node()
    findings = result["findings"]
    assert [finding["name"] for finding in findings] == [check.name for check in (*BOX_CHECKS, *LANE_CHECKS)]
    assert {finding["lane"] for finding in findings[: len(BOX_CHECKS)]} == {None}
    assert {finding["lane"] for finding in findings[len(BOX_CHECKS) :]} == {"lane-1"}
    assert all(bool(finding["mend"]) == (finding["verdict"] != "ok") for finding in findings)


def test_lines_of_json_give_the_number_of_checks_and_each_finding(edge_agent: EdgeAgent, config: Path) -> None:
    run = edge_agent("doctor", "--config", config, "--seconds", "1", "--json-lines")
    first, *lines = map(json.loads, run.out.splitlines())
    assert first == {"checks": {"box": len(BOX_CHECKS), "lane": len(LANE_CHECKS)}}
    found = [line["finding"]["name"] for line in lines]
    assert found == [check.name for check in (*BOX_CHECKS, *LANE_CHECKS)]
    agent = next(line["finding"] for line in lines if line["finding"]["name"] == "agent")
    assert agent["seen"]["en"].startswith("no agent runs on ")
    assert re.search("[а-я]", agent["seen"]["ru"])
    assert agent["mend"] == {"en": "", "ru": ""}
    assert agent["title"] == {"en": "agent", "ru": "агент"}


def test_every_check_has_a_title() -> None:
    assert {check.name for check in (*BOX_CHECKS, *LANE_CHECKS)} == {str(title) for title in TITLES}


def test_the_published_schema_is_that_of_the_result() -> None:
    Draft202012Validator.check_schema(schema())
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run: python -m edge.doctor.result"


def test_every_lane_is_checked_and_the_box_once(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    file = tmp_path / "lanes.toml"
    tables = [
        f'[[lane]]\nname = "lane-{number}"\ncamera = "/dev/no-camera-{number}"\n'
        f'till.reliable = "ipc://{tmp_path}/r{number}"\ntill.live = "ipc://{tmp_path}/l{number}"\n'
        for number in (1, 2)
    ]
    file.write_text(f'state_dir = "{tmp_path}/state"\n' + "".join(tables))
    run = edge_agent("doctor", "--config", file, "--json")
    findings = json.loads(run.out)["findings"]
    assert run.code == 1
    assert len(findings) == len(BOX_CHECKS) + 2 * len(LANE_CHECKS)
    assert [finding["lane"] for finding in findings if finding["verdict"] == "problem"] == ["lane-1", "lane-2"]


def test_a_wrong_config_is_a_problem_with_its_fix(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_text("policy.legal_age = 7\n")
    run = edge_agent("doctor", "--config", file)
    assert run.code == 1
    assert run.out.startswith(f"problem  config      {file}, line 1: policy.legal_age = 7: ")
    assert f"fix: open {file} in an editor" in run.out


def test_a_wrong_variable_is_a_problem_with_its_fix(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EDGE_POLICY__LEGAL_AGE", "7")
    with pytest.raises(RunError, match="1 problem, 0 warnings, 0 ok: see above"):
        doctor([])
    assert "fix: correct the setting named above in its flag or EDGE_* variable" in capsys.readouterr().out


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
def test_wrong_usage_raises(words: str) -> None:
    with pytest.raises(UsageError):
        doctor(words.split())


def test_the_manual_is_the_output_of_checks(edge_agent: EdgeAgent) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == edge_agent("doctor", "--checks").out
