"""Errors a user can cause. They end in one line on stderr and an exit code, never in a traceback."""

from __future__ import annotations


class EdgeError(Exception):
    """Something a user can mend. The text names the thing, the value and the mend."""

    exit_code = 1


class RunError(EdgeError):
    """What was asked for is right but failed while running: exit code 1."""


class UsageError(EdgeError):
    """Wrong usage or configuration: exit code 2."""

    exit_code = 2
