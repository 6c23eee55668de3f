"""The language of errors: as the command line or the environment asks, before either is checked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from edge.language.reader import asked_language


@pytest.mark.parametrize(
    ("line", "environment", "language"),
    [
        ("report sales", {}, "en"),
        ("report sales --language ru", {}, "ru"),
        ("report sales --language=ru --csv -", {"EDGE_LANGUAGE": "en"}, "ru"),
        ("report sales --language xx", {}, "en"),
        ("report sales --language", {"EDGE_LANGUAGE": "ru"}, "ru"),
        ("report sales", {"EDGE_LANGUAGE": "klingon"}, "en"),
    ],
)
def test_a_flag_counts_more_than_the_environment(line: str, environment: dict[str, str], language: str) -> None:
    assert asked_language(line.split(), environment) == language


def test_an_error_of_a_command_is_in_the_language_of_who_runs_it() -> None:
    command = [sys.executable, "-m", "edge", "offers", "show", "--language", "ru"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("edge: укажите лист и его открытый ключ")
