"""What docs/gateway.md says is true: its commands work, its examples are valid, and its till sells."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from edge.gateway.load import load_gateway
from edge.gateway.problems import STATUS_OF
from edge.gateway.settings import TillEntry
from edge.till.reference.screen import ScreenContent
from tests.edge.gateway.conftest import ROOT
from tests.gateways import GatewayProcess, HttpTill

PAGE = (ROOT / "docs" / "gateway.md").read_text(encoding="utf-8")
TILL = ROOT / "tests" / "clients" / "http" / "till.mjs"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_of_the_settings_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(blocks("toml")[0], encoding="utf-8")
    assert [each.name for each in load_gateway(["--config", str(file)]).till] == ["till-1", "till-2"]


def test_every_setting_of_a_till_is_in_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE.partition("| setting of a")[2].partition("\n\n")[0], re.MULTILINE)
    assert rows == list(TillEntry.model_fields)


def test_every_problem_is_in_the_table_with_its_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.*?) \|", PAGE, re.MULTILINE)
    found = {code: int(status) for status, codes in rows for code in re.findall(r"`([\w-]+)`", codes)}
    assert found == STATUS_OF


def test_every_screen_is_in_the_table() -> None:
    table = PAGE.partition("| `shows` |")[2].partition("\n\n")[0]
    assert {name for name in get_args(ScreenContent) if f"`{name}`" in table} == set(get_args(ScreenContent))


def test_the_till_in_the_page_is_the_one_that_is_tested() -> None:
    assert blocks("js") == [TILL.read_text(encoding="utf-8")]


@pytest.mark.slow
def test_the_curl_commands_work(start_gateway: Callable[..., GatewayProcess], tmp_path: Path) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    token = tmp_path / "token"
    token.write_text("0123456789abcdef0123456789abcdef\n")
    token.chmod(0o600)
    config = tmp_path / "gateway.toml"
    config.write_text(
        f'agent = "ipc://{tmp_path}/reliable"\n[[till]]\nname = "till-1"\ntoken_file = "{token}"\n', encoding="utf-8"
    )
    gateway = start_gateway("--config", config)
    commands = [each for each in blocks("sh") if each.startswith("curl")]
    variables = {"GATEWAY": gateway.address, "TOKEN": token.read_text().strip(), "NEXT": ""}
    answers = [
        json.loads(subprocess.run(
            ["bash", "-euc", command.replace("curl ", "curl --silent --fail-with-body --noproxy '*' ", 1)],
            capture_output=True, check=True, timeout=120, env=os.environ | variables,
        ).stdout)
        for command in commands
    ]  # fmt: skip
    assert len(answers) == 3
    assert answers[0] == json.loads(blocks("json")[0])
    assert answers[1] == {"id": "e-1", "state": "waiting", "answer": None}
    assert set(answers[2]) == set(json.loads(blocks("json")[1]))
    assert set(answers[2]["screen"]) == set(json.loads(blocks("json")[1])["screen"])


@pytest.mark.slow
def test_the_till_in_javascript_sells_and_asks_everyone_when_nothing_answers(
    till: HttpTill, tmp_path: Path
) -> None:  # fmt: skip
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed")
    done = subprocess.run(
        [node, TILL, till.address, "till-1"], capture_output=True, text=True, timeout=180, check=False
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    shown = [json.loads(line)["shows"] for line in done.stdout.splitlines()]
    assert {"alert", "ask", "ask-everyone"} & set(shown)
    alone = subprocess.Popen(
        [node, TILL, "http://127.0.0.1:9", "till-1"], stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    assert alone.stdout
    assert json.loads(alone.stdout.readline())["shows"] == "ask-everyone"
    alone.kill()
    alone.wait()
    alone.stdout.close()


def test_the_help_names_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load_gateway(["--help"])
    text = capsys.readouterr().out
    for flag in ("--listen", "--certificate-key", "--agent", "--state-dir", "--origins", "--till", "--log-format"):
        assert flag in text
