"""One file of a box is replaced, and put back unless the change is confirmed: also after a crash or a power cut.

Beside the box's settings, `lane.toml`, stands `.lane.toml.apply`. It is locked while a change is under way, and empty
unless a file has been replaced and neither confirmed nor put back. The replaced file is kept as NAME.before.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import RunError
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.files import replace_content

if TYPE_CHECKING:
    from collections.abc import Iterator

BEFORE = ".before"
"""The end of the name of the version before."""
_MOST_JOURNAL_BYTES = 10_000


class FileChange:
    """The change that is under way. Only one process at a time has it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def unconfirmed(self) -> Path | None:
        """The file that was replaced, and neither confirmed nor put back."""
        text = os.pread(self._descriptor, _MOST_JOURNAL_BYTES, 0)
        try:
            found = json.loads(text)["file"] if text else None
        except (ValueError, KeyError, TypeError):  # the power was cut before the file was replaced
            return None
        return Path(found) if isinstance(found, str) else None

    def put(self, file: Path, content: bytes) -> None:
        """Replace a file, or create it. Raises RunError; then the file is as it was."""
        before = file.with_name(file.name + BEFORE)
        with _writing(file):
            if file.exists():
                replace_content(before, file.read_bytes(), like=file)
            else:
                before.unlink(missing_ok=True)
            self._note(json.dumps({"file": str(file)}).encode())
            replace_content(file, content)

    def put_back(self) -> None:
        """Put the version before back, if there is an unconfirmed change. Raises RunError."""
        if file := self.unconfirmed:
            before = file.with_name(file.name + BEFORE)
            with _writing(file):
                if before.exists():
                    replace_content(file, before.read_bytes(), like=before)
                else:
                    file.unlink(missing_ok=True)
        self.confirm()

    def confirm(self) -> None:
        """The change stays."""
        self._note(b"")

    def _note(self, text: bytes) -> None:
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text, 0)
        os.fsync(self._descriptor)


@contextmanager
def change_of(config: Path) -> Iterator[FileChange]:
    """The change of the settings in a file, or of what belongs to them. Raises RunError when another process has it, or
    when its folder cannot be written."""
    file = config.with_name(f".{config.name}.apply")
    with _writing(file):
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(
                words("another edge-agent apply changes {config}: wait until it ends", config=config)
            ) from None
        yield FileChange(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _writing(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise RunError(words("cannot write {file}: {reason}", file=file, reason=system_words(problem))) from None
