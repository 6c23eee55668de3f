"""The lock of a state folder: only one agent at a time may write a lane's data."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from typing import TYPE_CHECKING

from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import Words, words
from edge.records.database import StoreError
from edge.settings.files import make_private_folder

if TYPE_CHECKING:
    from pathlib import Path

LOCK_FILE = "lane.lock"


class LockedError(UsageError):
    """Another process holds the lock."""


def open_lock(folder: Path, flags: int) -> int:
    """Open the lock file of a state folder. flags: of `os.open`. Returns a file descriptor.

    A link is never followed, and a pipe never waited for: whoever may write the folder could have put it there. Raises
    UsageError unless it is a regular file that belongs to this user or to the folder's owner, and OSError.
    """
    file = folder / LOCK_FILE
    try:
        lock = os.open(file, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            raise _not_ours(file, words("is a link")) from None
        raise
    found = os.fstat(lock)
    if stat.S_ISREG(found.st_mode) and found.st_uid in (os.geteuid(), folder.stat().st_uid):
        return lock
    os.close(lock)
    if stat.S_ISREG(found.st_mode):
        raise _not_ours(file, words("belongs to user {owner}", owner=found.st_uid))
    raise _not_ours(file, words("is not a regular file"))


def is_locked(folder: Path) -> bool:
    """Whether a process holds the lock of a state folder. Raises as `open_lock` does, but for a missing file."""
    try:
        lock = open_lock(folder, os.O_RDONLY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        # A shared lock, released at once, keeps no agent from starting.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


class StateLock:
    """Held from the start until `close`, or until the process ends."""

    def __init__(self, folder: Path) -> None:
        """Creates the folder (mode 0700) and the lock file if needed. Raises LockedError when another agent holds the
        lock, UsageError when the file is not one that an agent made, and StoreError when it cannot be opened."""
        try:
            make_private_folder(folder)
            self._lock = open_lock(folder, os.O_RDWR | os.O_CREAT)
        except OSError as problem:
            raise StoreError(
                words(
                    "cannot open {file}: {reason}; make it readable and writable, or choose another folder "
                    "with state_dir",
                    file=folder / LOCK_FILE,
                    reason=system_words(problem),
                )
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise LockedError(
                words("another edge-agent uses {folder}: give each lane its own state_dir", folder=folder)
            ) from None

    def close(self) -> None:
        os.close(self._lock)


def _not_ours(file: Path, problem: Words) -> UsageError:
    return UsageError(
        words(
            "{file} {problem}, so no agent made it: remove it, or choose another folder with state_dir",
            file=file,
            problem=problem,
        )
    )
