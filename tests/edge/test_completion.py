"""The scripts of --print-completion complete the commands in real shells, at a terminal."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.commands import SHELLS

pytestmark = pytest.mark.slow

MODULES = {
    "edge-agent": "edge.cli",
    "edge-till": "edge.till.reference.cli",
    "edge-gateway": "edge.gateway.cli",
    "edge-train": "train.cli",
    "edge-export": "export.cli",
}
LIMIT_S = 180.0
PROGRAMS = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}
SETUPS = {
    "bash": "for file in '{folder}'/bash/*; do source $file; done",
    "zsh": "fpath=('{folder}/zsh' $fpath); autoload -Uz compinit; compinit -u -D",
}
"""As the README says. In bash, the package bash-completion does it when a command is first completed."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts of all commands, where each shell looks for them, and one with a settings file."""
    folder = tmp_path_factory.mktemp("completion")
    for shell, prefix in (("bash", ""), ("zsh", "_")):
        (folder / shell).mkdir()
        for command, module in MODULES.items():
            words = [command, "--print-completion", shell]
            code = f"import sys; sys.argv = {words}; import {module} as cli; cli.main()"
            with (folder / shell / f"{prefix}{command}").open("w") as script:
                subprocess.run([sys.executable, "-c", code], stdout=script, check=True, timeout=LIMIT_S)
    (folder / "here").mkdir()
    (folder / "here" / "lane.toml").touch()
    return folder


class Terminal:
    """A shell at a terminal."""

    def __init__(self, shell: str, folder: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            PROGRAMS[shell], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder / "here", start_new_session=True,
            env=os.environ | {"TERM": "dumb", "PS1": "$ ", "COLUMNS": "200"},
        )  # fmt: skip
        os.close(theirs)
        # The functions print what the shell has made of a line.
        commands = "; ".join(f'{name}() {{ echo "<$*>"; }}' for name in MODULES)
        self.type(f"{SETUPS[shell].format(folder=folder)}; {commands}; echo set\\up\n")
        self.read("setup")

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def read(self, pattern: str) -> re.Match[str]:
        """Read until the terminal shows a pattern."""
        shown, end_s = "", time.monotonic() + LIMIT_S
        while not (found := re.search(pattern, shown)):
            assert time.monotonic() < end_s, shown
            if select.select([self._ours], [], [], 1)[0]:
                shown += os.read(self._ours, 65536).decode(errors="replace")
        return found

    def completed(self, line: str) -> str:
        """The arguments that a command gets after somebody has typed a line, Tab and Enter."""
        self.type(f"{line}\t\n")
        return self.read(r"<([^>\"$]*)>")[1].strip()

    def close(self) -> None:
        self.type("exit\n")
        self.process.wait(LIMIT_S)
        os.close(self._ours)


@pytest.fixture(scope="module", params=SHELLS)
def terminal(request: pytest.FixtureRequest, folder: Path) -> Iterator[Terminal]:
    if not shutil.which(request.param):
        pytest.skip(f"needs {request.param}")
    terminal = Terminal(request.param, folder)
    yield terminal
    terminal.close()


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("edge-agent doc", "doctor"),
        ("edge-agent run --policy.ri", "run --policy.risk"),
        ("edge-agent run --mode con", "run --mode continuous"),
        ("edge-agent run --config la", "run --config lane.toml"),
        ("edge-agent doctor --policy.leg", "doctor --policy.legal-age"),
        ("edge-agent report ca", "report cashiers"),
        ("edge-agent keys rev", "keys revoke"),
        ("edge-till --role att", "--role attendant"),
        ("edge-gateway --log-f", "--log-format"),
        ("edge-train expl", "explore"),
        ("edge-export verify --che", "verify --checkpoint"),
    ],
)
def test_a_tab_completes_commands_flags_values_and_files(terminal: Terminal, line: str, arguments: str) -> None:
    assert terminal.completed(line) == arguments


def test_the_commands_are_completed_without_the_optional_packages() -> None:
    code = """
import sys
sys.modules.update(dict.fromkeys(["duckdb", "ibis", "mlxtend", "torch", "starlette"]))
sys.argv = ["edge-agent", "--print-completion", "bash"]
import edge.cli
edge.cli.main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cashiers" in done.stdout


def test_another_shell_is_rejected() -> None:
    code = "import sys; sys.argv = ['edge-agent', '--print-completion', 'fish']; import edge.cli; edge.cli.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--print-completion: invalid choice: 'fish': use one of bash, zsh" in done.stderr
