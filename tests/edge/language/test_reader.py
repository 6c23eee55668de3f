"""The language of errors: as a flag, a variable, the config file or the system asks, before any of them is checked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edge.language.reader import asked_language, system_language

RUSSIAN, ENGLISH = 'language = "ru"\n', 'language = "en"\n'


@pytest.mark.parametrize(
    ("line", "environment", "language"),
    [
        ("report sales", {}, "en"),
        ("report sales --language ru", {}, "ru"),
        ("report sales --language=ru --csv -", {"EDGE_LANGUAGE": "en"}, "ru"),
        ("report sales --language en --language ru", {}, "ru"),
        ("report sales --language xx", {}, "en"),
        ("report sales --language", {"EDGE_LANGUAGE": "ru"}, "ru"),
        ("report sales", {"EDGE_LANGUAGE": "klingon"}, "en"),
        ("report sales", {"EDGE_LANGUAGE": "klingon", "LANG": "ru_RU.UTF-8"}, "ru"),
    ],
)
def test_a_flag_counts_more_than_the_environment(line: str, environment: dict[str, str], language: str) -> None:
    assert asked_language(line.split(), environment) == language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "ru"}, "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "ru_RU@euro", "LC_ALL": ""}, "ru"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_systems_language_is_that_of_its_locale(environment: dict[str, str], language: str) -> None:
    assert system_language(environment) == language


@pytest.mark.parametrize(
    ("content", "language"),
    [
        ('lane = "wine"\n  language="ru" # ours\n', "ru"),
        ("language = 'ru'\n", "ru"),
        (f"{RUSSIAN}lane = [[[\n", "ru"),
        (f'lane = "wine\nzone = [\n  [0, 0],\n[1, 0]\n{RUSSIAN}', "ru"),
        (f"[policy]\n{RUSSIAN}", "en"),
        (f'[[lane]]\nname = "a"\n{RUSSIAN}', "en"),
        ('language = "klingon"\n', "en"),
        ("language = 3\n", "en"),
        (f"# {RUSSIAN}", "en"),
        ("", "en"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_line_of_a_config_file_can_be_read_if_the_others_are_broken(
    content: str, language: str, encoding: str, tmp_path: Path
) -> None:
    file = tmp_path / "lane.toml"
    file.write_text(content, encoding=encoding)
    assert asked_language(["run", "--config", str(file)], {}) == language
    assert asked_language(["run", f"--config={file}"], {}) == language


def test_the_file_counts_less_than_a_variable_and_more_than_the_system(tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_text(ENGLISH)
    assert asked_language(["--config", str(file)], {"LANG": "ru_RU.UTF-8"}) == "en"
    assert asked_language(["--config", str(file)], {"EDGE_LANGUAGE": "ru"}) == "ru"


def test_an_included_file_counts_unless_the_own_one_says_something_else(tmp_path: Path) -> None:
    own = tmp_path / "lane.toml"
    (tmp_path / "chain.toml").write_text(RUSSIAN)
    own.write_text('include = "chain.toml"\n')
    assert asked_language(["--config", str(own)], {}) == "ru"
    own.write_text(f'include = "chain.toml"\n{ENGLISH}')
    assert asked_language(["--config", str(own)], {}) == "en"
    own.write_text('include = "no-such.toml"\n')
    assert asked_language(["--config", str(own)], {}) == "en"


def test_a_file_that_can_be_read_only_once_is_left_for_the_settings(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for odd in (tmp_path / "pipe", "/dev/zero", tmp_path, tmp_path / "no-such.toml", "a\0b", "x" * 5000):
        assert asked_language(["--config", str(odd)], {}) == "en"


def error_of(*arguments: object, environment: dict[str, str] | None = None) -> str:
    """What the command prints when it ends because of wrong settings."""
    own = {name: value for name, value in os.environ.items() if name not in ("LANG", "LC_ALL", "LC_MESSAGES")}
    command = [sys.executable, "-m", "edge", *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=own | (environment or {}))
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    return run.stderr


def test_an_error_of_a_command_is_in_the_language_of_who_runs_it(tmp_path: Path) -> None:
    file, broken = tmp_path / "lane.toml", 'policy = "strict\n'
    russian = f"edge: {file} — не TOML: строка "
    for content in (broken + RUSSIAN, RUSSIAN + broken):
        file.write_text(content)
        assert error_of("run", "--config", file).startswith(russian)
        assert error_of("report", "sales", f"--config={file}").startswith(russian)
        assert error_of("run", "--config", file, environment={"EDGE_LANGUAGE": "en"}).startswith(
            f"edge: {file} is not TOML: line "
        )
    file.write_text(f"{RUSSIAN}[policy]\nrisc = 1\n")
    assert error_of("run", "--config", file) == (
        f"edge: {file}, строка 3: policy.risc: такой настройки нет (может быть, policy.risk?)\n"
    )
    wrong = "edge: неизвестные аргументы: --camra 0 (может быть, --camera?); см. edge-agent run --help\n"
    for line, environment in (
        (["--language", "ru"], {"EDGE_LANGUAGE": "en"}),
        ([], {"EDGE_LANGUAGE": "ru"}),
        (["--config", file], {"LANG": "en_US.UTF-8"}),
        ([], {"LANG": "ru_RU.UTF-8"}),
    ):
        assert error_of("run", "--camra", "0", *line, environment=environment) == wrong
    assert error_of("offers", "show", "--language", "ru").startswith("edge: укажите лист и его открытый ключ")
