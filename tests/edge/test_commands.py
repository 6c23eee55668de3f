"""Commands end with exit code 0, 1 or 2 and one clear line on stderr instead of a traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edge import __version__
from edge.commands import Parser, run_command
from edge.errors import EdgeError, RunError, UsageError


def run(body: str) -> subprocess.CompletedProcess[str]:
    """Run a command in its own process, with a closed pipe as stdout."""
    reader, writer = os.pipe()
    os.close(reader)
    script = f"from edge.commands import run_command\ndef command():\n    {body}\nrun_command(command)"
    try:
        return subprocess.run(
            [sys.executable, "-c", script], stdout=writer, stderr=subprocess.PIPE, text=True, check=False, timeout=180
        )
    finally:
        os.close(writer)


def fail(problem: BaseException) -> None:
    raise problem


def test_a_command_that_returns_does_not_exit(capsys: pytest.CaptureFixture[str]) -> None:
    run_command(lambda: print("done"))
    assert capsys.readouterr() == ("done\n", "")


@pytest.mark.parametrize(("kind", "exit_code"), [(RunError, 1), (UsageError, 2)])
def test_an_edge_error_ends_with_one_line_and_its_exit_code(
    kind: type[EdgeError], exit_code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/opt/bin/edge-agent", "run"])
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: fail(kind("camera 7 gives no picture: is it plugged in?")))
    assert ended.value.code == exit_code
    assert capsys.readouterr() == ("", "edge-agent: camera 7 gives no picture: is it plugged in?\n")


def test_an_error_is_one_line_whatever_it_quotes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["edge-agent"])
    with pytest.raises(SystemExit):
        run_command(lambda: fail(UsageError("no video at \udcff\x1b[31m\nЁлка.mkv")))
    assert capsys.readouterr().err == "edge-agent: no video at \\udcff\\x1b[31m\\nЁлка.mkv\n"


def test_a_command_can_print_the_name_of_any_file() -> None:
    script = r"from edge.commands import run_command; run_command(lambda: print('\udcff Ёлка'))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=180)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\\udcff Ёлка\n", "")


def test_an_interrupted_command_exits_with_130() -> None:
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: fail(KeyboardInterrupt()))
    assert ended.value.code == 130


def test_other_exceptions_are_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: fail(ZeroDivisionError()))


def test_a_missing_optional_module_is_reported_with_the_command_that_installs_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["edge-export", "bundle"])
    with pytest.raises(SystemExit) as ended:
        run_command(lambda: fail(ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn")))
    assert ended.value.code == 2
    assert capsys.readouterr().err == "edge-export: torch is not installed: pip install 'edge-agent[train]'\n"
    with pytest.raises(ModuleNotFoundError):
        run_command(lambda: fail(ModuleNotFoundError("No module named 'edge.tyop'", name="edge.tyop")))


@pytest.mark.parametrize("words", ["train.cli fit data --out run", "export.cli bundle model --data data --out out"])
def test_the_trainers_commands_report_missing_pytorch(words: str) -> None:
    module, *arguments = words.split()
    script = f"import sys; sys.modules['torch'] = None; import {module} as cli; sys.argv[1:] = {arguments}; cli.main()"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=180)
    assert ended.returncode == 2
    assert ended.stderr == "-c: torch is not installed: pip install 'edge-agent[train]'\n"


def test_a_closed_stdout_is_no_failure() -> None:
    ended = run("[print('x' * 1000, flush=True) for _ in range(100)]")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_stdout_closed_before_the_only_line_is_no_failure() -> None:
    ended = run("print('one short line')")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--colour=red"], "unrecognized arguments: --colour=red (did you mean --color?); see shop --help"),
        (["--size=1"], "unrecognized arguments: --size=1; see shop --help"),
        (["sell", "--item", "beer"], "unrecognized arguments: --item beer (did you mean --items?); see shop --help"),
        (["sel"], "argument COMMAND: invalid choice: 'sel' (did you mean sell?); see shop --help"),
        (["dance"], "argument COMMAND: invalid choice: 'dance': use one of sell, buy; see shop --help"),
        (["--color", "read"], "argument --color: invalid choice: 'read' (did you mean red?); see shop --help"),
        (["--item=beer"], "unrecognized arguments: --item=beer; see shop --help"),
    ],
)
def test_what_is_misspelt_is_rejected_with_what_was_probably_meant(words: list[str], problem: str) -> None:
    parser = Parser(prog="shop", allow_abbrev=False)
    parser.add_argument("--color", choices=["red", "green"])
    commands = parser.add_subparsers(metavar="COMMAND")
    commands.add_parser("sell", allow_abbrev=False).add_argument("--items", nargs="+")
    commands.add_parser("buy")
    with pytest.raises(UsageError) as rejected:
        parser.parse_args(words)
    assert str(rejected.value) == problem


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("edge.cli", "edge-agent"),
        ("edge.till.reference.cli", "edge-till"),
        ("train.cli", "edge-train"),
        ("export.cli", "edge-export"),
    ],
)
def test_every_command_prints_its_version_and_help(module: str, command: str) -> None:
    def output(*words: str, columns: int = 80) -> str:
        script = f"import sys; import {module} as cli; sys.argv[1:] = {list(words)}; cli.main()"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=180,
            env=os.environ | {"COLUMNS": str(columns)},
        )  # fmt: skip
        assert done.stderr == ""
        return done.stdout

    assert output("--version") == f"{command} {__version__}\n"
    for columns in (80, 200):
        text = output("--help", columns=columns)
        assert command in text
        assert max(map(len, text.splitlines())) <= min(columns, 110)
