"""Functions in processes of their own: crashes, hanging and errors cost one call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.errors import RunError
from edge.vision.contained import ContainedProcess, ProcessLostError, map_contained

CRASH = "__import__('os').abort()"
HANG = "__import__('time').sleep(60)"


@pytest.fixture
def calculator() -> Iterator[ContainedProcess[str, object]]:
    """A process that evaluates Python."""
    process: ContainedProcess[str, object] = ContainedProcess(eval)
    yield process
    process.close()


def test_a_call_is_answered_from_another_process(calculator: ContainedProcess[str, object]) -> None:
    own = calculator.call("__import__('os').getppid()"), calculator.call("__import__('os').getpid()")
    assert len({*own, __import__("os").getpid()}) >= 2
    assert calculator.call("__import__('os').getpid()") == own[1], "one process answers all calls"


def test_a_crash_is_an_error_and_the_next_call_is_answered(calculator: ContainedProcess[str, object]) -> None:
    for _ in range(3):
        with pytest.raises(ProcessLostError):
            calculator.call(CRASH)
        assert calculator.call("6 * 7") == 42


def test_a_process_that_hangs_is_ended(calculator: ContainedProcess[str, object]) -> None:
    calculator = ContainedProcess(eval, longest_call_s=0.2)
    with pytest.raises(ProcessLostError, match="no answer after 0 s"):
        calculator.call(HANG)
    calculator.close()


def test_errors_of_the_function_are_raised_here(calculator: ContainedProcess[str, object]) -> None:
    with pytest.raises(ZeroDivisionError):
        calculator.call("1 / 0")
    assert calculator.call("6 * 7") == 42


def test_closing_ends_the_process_and_a_call_starts_another(calculator: ContainedProcess[str, object]) -> None:
    first = calculator.call("__import__('os').getpid()")
    calculator.close()
    calculator.close()
    assert calculator.call("__import__('os').getpid()") != first


def test_a_process_that_cannot_start_is_not_taken_for_a_bad_photo() -> None:
    process: ContainedProcess[str, object] = ContainedProcess(_Unloadable())
    with pytest.raises(RunError, match="does not start"):
        process.call("1")


class _Unloadable:
    """Ends the process that loads it."""

    def __call__(self, argument: str) -> object:
        raise NotImplementedError

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, (CRASH,)


def test_a_crash_costs_its_own_argument_alone() -> None:
    arguments = ["1 + 1", CRASH, "2 + 2", CRASH, CRASH, *("3 + 3" for _ in range(20))]
    answers = list(map_contained(eval, arguments, lost="lost", processes=2))
    assert answers == [2, "lost", 4, "lost", "lost", *[6] * 20]


def test_an_error_ends_the_map() -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_contained(eval, ["1", "1 / 0", "2"], lost=None))
