"""Calls a function in a process of its own. A decoder that crashes, hangs or takes all memory costs one photo."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from edge.errors import RunError
from edge.language.words import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

PROCESS_START: Literal["forkserver"] = "forkserver"
"""How processes start. After a plain fork, the child of a process with OpenCV threads hangs."""

_LONGEST_CALL_S = 60.0
_PROCESS_STARTS_WITHIN_S = 180.0
_END_S = 1.0

Argument = TypeVar("Argument")
Answer = TypeVar("Answer")


class ProcessLostError(Exception):
    """The process ended, or was ended because it took too long."""


class ContainedProcess(Generic[Argument, Answer]):
    """Calls one function in another process, which starts with the first call, and again after it was lost."""

    def __init__(self, function: Callable[[Argument], Answer], longest_call_s: float = _LONGEST_CALL_S) -> None:
        """function: of a module, so that the process can import it. longest_call_s: then the process is ended."""
        self._function, self._longest_call_s = function, longest_call_s
        self._running: tuple[BaseProcess, Connection, Connection] | None = None

    def call(self, argument: Argument) -> Answer:
        """The function's answer. Raises what the function raises, ProcessLostError, and RunError when no process
        starts."""
        if self._running is None:
            self._running = self._start()
        _, requests, answers = self._running
        try:
            requests.send(argument)
            if not answers.poll(self._longest_call_s):
                raise ProcessLostError(words("no answer after {seconds:.0f} s", seconds=self._longest_call_s))
            answer, problem = answers.recv()
        except (ProcessLostError, OSError, EOFError) as lost:
            self.close()
            raise ProcessLostError(str(lost)) from None
        except BaseException:  # such as KeyboardInterrupt; the answer must not be taken for the next one
            self.close()
            raise
        if problem is not None:
            raise problem
        result: Answer = answer
        return result

    def close(self) -> None:
        """End the process. May be called more than once."""
        if self._running is None:
            return
        process, requests, answers = self._running
        self._running = None
        requests.close()
        answers.close()
        process.kill()
        process.join(_END_S)

    def _start(self) -> tuple[BaseProcess, Connection, Connection]:
        context = get_context(PROCESS_START)
        (their_requests, requests), (answers, their_answers) = context.Pipe(duplex=False), context.Pipe(duplex=False)
        process = context.Process(target=_serve, args=(self._function, their_requests, their_answers), daemon=True)
        process.start()
        # Otherwise the end of the process would not be the end of its answers.
        their_requests.close()
        their_answers.close()
        try:
            if not answers.poll(_PROCESS_STARTS_WITHIN_S):
                process.kill()
            answers.recv()
        except EOFError:
            raise RunError(words("a process to read photos in does not start: is there enough memory?")) from None
        return process, requests, answers


def map_contained(
    function: Callable[[Argument], Answer], arguments: Iterable[Argument], lost: Answer, processes: int | None = None
) -> Iterator[Answer]:
    """The function's answer to each argument, in order, from as many processes as there are cores.

    function: as for `ContainedProcess`. lost: the answer to an argument whose process was lost. Raises as
    `ContainedProcess.call`.
    """
    count = processes or os.cpu_count() or 1
    all_processes = [ContainedProcess(function) for _ in range(count)]
    idle: SimpleQueue[ContainedProcess[Argument, Answer]] = SimpleQueue()
    for process in all_processes:
        idle.put(process)

    def call(argument: Argument) -> Answer:
        process = idle.get()
        try:
            return process.call(argument)
        except ProcessLostError:
            return lost
        finally:
            idle.put(process)

    try:
        with ThreadPoolExecutor(count) as threads:
            yield from threads.map(call, arguments)
    finally:
        for process in all_processes:
            process.close()


def _serve(function: Callable[[Argument], Answer], requests: Connection, answers: Connection) -> None:
    """The body of the process: answer until the other side closes."""
    # A terminal sends it to all processes; the parent decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers.send("ready")
    # What libraries print about damaged files helps nobody.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    while True:
        try:
            argument = requests.recv()
        except EOFError:
            return
        answer: Answer | None = None
        problem: Exception | None = None
        try:
            answer = function(argument)
        except Exception as raised:
            problem = raised
        answers.send((answer, problem))
