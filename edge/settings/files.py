"""Files that are written whole or not at all, and folders for this user alone."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTIAL = ".partial"
"""The end of a draft's name. A draft that a crash left behind is never read, and may be deleted."""


@contextmanager
def replacing(
    file: Path, *, mode: int | None = None, durable: bool = False, overwrite: bool = True
) -> Iterator[Path]:  # fmt: skip
    """Give a path for a draft of `file`, in the same folder; at the end the draft becomes `file` in one step.

    A reader finds the old file or the new one, never a part. If the body raises, the draft is deleted and `file` stays
    as it was.

    mode: permissions of the new file, which the draft has from the start; None: those that the umask allows.
    durable: survive a power cut, too: flush the file and its folder to the disk.
    overwrite: False if an existing file must stay: then FileExistsError is raised.

    Raises OSError.
    """
    if not file.name:  # "." and "/", whose drafts would have no name either
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        if mode is not None:
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        yield draft
        if mode is not None:
            draft.chmod(mode)
        if durable:
            flush(draft)
        if overwrite:
            draft.replace(file)
        else:
            os.link(draft, file)
        if durable:
            flush(file.parent)
    finally:
        draft.unlink(missing_ok=True)


def replace_content(file: Path, content: bytes, *, like: Path | None = None) -> None:
    """Replace a file's content in one step, also across a power cut. It keeps its mode and owner, or gets those of
    `like`; a new file without one has mode 0644. Raises OSError."""
    model = like or file
    known = model.stat() if model.exists() else None
    with replacing(file, mode=stat.S_IMODE(known.st_mode) if known else 0o644, durable=True) as draft:
        draft.write_bytes(content)
        if known and (known.st_uid, known.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(draft, known.st_uid, known.st_gid)


def make_private_folder(folder: Path) -> None:
    """Create a folder and its missing parents, which only this user may open. Changes none that exists. Raises
    OSError."""
    if not folder.parent.exists():
        make_private_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
