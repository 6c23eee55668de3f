"""Model bundles on a box: a folder or an archive is copied into a folder of its own, complete or not at all."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import re
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING

from edge.ages.bundle import MANIFEST, Bundle
from edge.errors import RunError, UsageError
from edge.language.system import system_words
from edge.language.words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edge.settings.config import Settings

MOST_BUNDLE_BYTES = 2 * 1024**3
"""Of all files of a bundle, unpacked. Its networks have some tens of megabytes."""
_FOLDER = re.compile(r"[0-9a-f]{12}")
_PART_BYTES = 1 << 20
_DAMAGED_ARCHIVE = (
    tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError,
    FileExistsError,
)  # fmt: skip
"""What the archives' readers raise. A file that is there already has two of one name."""


def is_bundle(given: Path) -> bool:
    """Whether it is a folder or an archive."""
    return given.is_dir() or (given.is_file() and (zipfile.is_zipfile(given) or tarfile.is_tarfile(given)))


def models_folder(lanes: Iterable[Settings]) -> Path:
    """The folder of a box's models: in the state folder that all lanes have in common."""
    folders = [lane.state_dir for lane in lanes]
    return (folders[0] if len(folders) == 1 else folders[0].parent) / "models"


def keep_bundle(given: Path, lanes: Iterable[Settings]) -> Path:
    """Copy a bundle to a folder of the box, named by the hash of its manifest; return the folder. Raises UsageError for
    a bundle that is not complete or not whole, RunError when it cannot be written."""
    models = models_folder(lanes)
    draft = models / ".unpacking"
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o755)
        try:
            _copy(given, draft)
        except _DAMAGED_ARCHIVE as problem:
            raise UsageError(words("it is a damaged archive: {problem}", problem=problem)) from None
        Bundle(draft)
        folder = models / hashlib.sha256((draft / MANIFEST).read_bytes()).hexdigest()[:12]
        if not _is_whole(folder):
            # Nobody could use it: a power cut has damaged it, or somebody has changed it.
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
    except OSError as problem:
        raise RunError(words("cannot write {file}: {reason}", file=models, reason=system_words(problem))) from None
    except UsageError as problem:
        raise UsageError(words("{given}: {problem}", given=given, problem=problem)) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def remove_unused(lanes: Iterable[Settings], used: Iterable[Path | None]) -> None:
    """Remove the bundles that `keep_bundle` made, except those in use."""
    kept = {folder.resolve() for folder in used if folder}
    models = models_folder(lanes)
    for folder in models.iterdir() if models.is_dir() else ():
        if _FOLDER.fullmatch(folder.name) and folder.resolve() not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _is_whole(folder: Path) -> bool:
    try:
        Bundle(folder)
    except UsageError:
        return False
    return True


def _copy(given: Path, folder: Path) -> None:
    """Copy the files of a folder or an archive. Raises UsageError and OSError."""
    room = MOST_BUNDLE_BYTES
    for name, opened in _files(given):
        with opened as source, (folder / name).open("xb") as target:
            while part := source.read(_PART_BYTES):
                room -= len(part)
                if room < 0:
                    raise UsageError(
                        words("it has more than {most} bytes: this is no model bundle", most=MOST_BUNDLE_BYTES)
                    )
                target.write(part)
        (folder / name).chmod(0o644)


def _files(given: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and content of each regular file; of an archive, also of those in its only folder. Nothing else is read: no
    link, no device, no path that leads elsewhere."""
    if given.is_dir():
        yield from ((file.name, file.open("rb")) for file in sorted(given.iterdir()) if file.is_file())
        return
    if zipfile.is_zipfile(given):
        with zipfile.ZipFile(given) as packed:
            for entry in packed.infolist():
                if not entry.is_dir():
                    yield _name(entry.filename), packed.open(entry)
    else:
        with tarfile.open(given) as archive:
            for member in archive:
                if member.isfile() and (content := archive.extractfile(member)):
                    yield _name(member.name), content


def _name(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not 1 <= len([part for part in parts if part != "."]) <= 2 or ".." in parts or path.startswith("/"):
        raise UsageError(words("it has the file {path}: a bundle has all files in one folder", path=path))
    return parts[-1]
