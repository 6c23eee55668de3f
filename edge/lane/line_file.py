"""A file of lines, each written whole or not at all: after a full disk, no half line is left in it."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from io import UnsupportedOperation


class LineFile:
    """Unbuffered, so that what could not be written is lost and does not stay in the way."""

    def __init__(self, target: str) -> None:
        """target: a file, which is emptied, or `-` for stdout. Raises OSError."""
        self._descriptor = _stdout() if target == "-" else os.open(target, _NEW_FILE, 0o666)
        self._regular = stat.S_ISREG(os.fstat(self._descriptor).st_mode)
        self._in_a_line = False

    def write(self, line: bytes) -> None:
        """Write a line with its line end. Raises OSError."""
        # Half a line that could not be taken back, in a pipe, ends here.
        text = b"\n" + line if self._in_a_line else line
        written = 0
        try:
            while written < len(text):
                written += os.write(self._descriptor, text[written:])
        except OSError:
            self._in_a_line |= bool(written) and not self._take_back(written)
            raise
        self._in_a_line = False

    def close(self) -> None:
        """May be called more than once."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _take_back(self, count: int) -> bool:
        """Remove the last bytes from a file. Returns whether that was possible."""
        if not self._regular:
            return False
        with suppress(OSError):
            os.ftruncate(self._descriptor, os.lseek(self._descriptor, -count, os.SEEK_CUR))
            return True
        return False


_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC


def _stdout() -> int:
    """A descriptor of its own for stdout. Raises OSError when there is none."""
    try:
        return os.dup(sys.stdout.fileno())
    except (UnsupportedOperation, AttributeError, ValueError):
        return os.dup(1)
