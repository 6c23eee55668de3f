"""Errors that a user can cause and fix. They end in one line on stderr and an exit code, never in a traceback."""

from __future__ import annotations


class EdgeError(Exception):
    """A problem that a user can fix. The text names the thing, the value and the fix."""

    exit_code = 1


class RunError(EdgeError):
    """The request was correct but failed while running: exit code 1."""


class UsageError(EdgeError):
    """Wrong usage or configuration: exit code 2."""

    exit_code = 2
