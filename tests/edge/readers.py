"""What a reader of files says about any content."""

from __future__ import annotations

from collections.abc import Callable


def problem_of(read: Callable[[], object], kind: type[Exception]) -> str:
    """Why something cannot be read, from an error of one kind; empty when it can. Every other error is raised."""
    try:
        read()
    except UnicodeError:  # a ValueError with the words of a library
        raise
    except kind as problem:
        return str(problem)
    return ""
