"""Progress is drawn on a terminal, and never elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from edge.language.words import words
from edge.progress import ProgressBar, Steps, busy, now

SCRIPT = """
from edge.progress import ProgressBar, Steps
for number in (bar := ProgressBar(iter([1, 2, 3]), "packing", 3)):
    bar.note("loss 0.5")
    print("line", number)
with Steps(2, still=True) as steps:
    steps.step("first")
    with steps.hidden():
        print("between")
    steps.step("second")
"""


def test_without_a_terminal_there_is_only_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(ProgressBar([1, 2], "packing")) == [1, 2]
    with Steps(None) as steps:
        steps.expect(1)
        steps.step("first")
        with steps.hidden():
            print("between")
    assert capsys.readouterr() == ("between\n", "")


LONG_SCRIPT = """
import edge.progress
edge.progress._QUICK_S = {quick_s}
with edge.progress.busy("reading"):
    for done in range(100):
        edge.progress.now("reading files", done, 100)
    edge.progress._busy.get()[0].refresh()
    print("line")
"""


def run_with_terminal(*, stdout: bool, script: str = SCRIPT) -> tuple[str, str]:
    """What the script writes to its stdout, unless that is the terminal, too, and to the terminal of its stderr."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", script]
    with subprocess.Popen(
        command, stdout=theirs if stdout else subprocess.PIPE, stderr=theirs, text=True,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "80"},
    ) as running:  # fmt: skip
        os.close(theirs)
        drawn = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # EIO: the process has ended
                break
            if not part:
                break
            drawn += part
        output = running.stdout.read() if running.stdout else ""
    os.close(ours)
    assert running.returncode == 0, drawn
    return output, drawn.decode()


def test_a_terminal_shows_what_is_done_and_how_much_of_it() -> None:
    _, drawn = run_with_terminal(stdout=True)
    for text in ("packing", "3/3", "loss 0.5", "line 3", "first", "between", "second", "1/2"):
        assert text in drawn


def test_output_that_goes_elsewhere_is_not_drawn() -> None:
    output, drawn = run_with_terminal(stdout=False)
    assert output == "line 1\nline 2\nline 3\nbetween\n"
    assert "line" not in drawn
    assert "3/3" in drawn


def test_work_that_takes_long_says_what_it_does_and_how_far_it_is() -> None:
    output, drawn = run_with_terminal(stdout=False, script=LONG_SCRIPT.format(quick_s=0))
    assert output == "line\n"
    assert "reading files" in drawn
    assert "99/100" in drawn


def test_work_that_is_quick_shows_nothing() -> None:
    _, drawn = run_with_terminal(stdout=False, script=LONG_SCRIPT.format(quick_s=1e9))
    assert "reading" not in drawn


def test_work_shows_nothing_without_a_terminal_and_now_needs_no_work_around_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now(words("computing"))
    with busy(words("reading purchases"), "ru"):
        now(words("computing"), 1, 2)
    assert capsys.readouterr() == ("", "")
