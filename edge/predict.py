"""`edge-agent predict`: estimates the ages of people on still pictures and writes a table."""

from __future__ import annotations

import csv
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.choice import make_age_model
from edge.commands import visible
from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.progress import ProgressBar
from edge.settings.csv_files import harmless
from edge.settings.files import replacing
from edge.settings.load import load_settings
from edge.settings.sections import QualitySettings
from edge.vision.contained import ContainedProcess, ProcessLostError
from edge.vision.crop import align_all
from edge.vision.detectors.confirmation import FaceConfirmation
from edge.vision.photos import PHOTO_SUFFIXES, UnusablePhotoError, read_photo
from edge.vision.quality import gate
from edge.vision.stills import StillFaceFinder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from edge.ages import AgeModel
    from edge.vision.faces import Faces

PREDICT_COLUMNS = ("file", "face", "x", "y", "w", "h", "age", "std", "p_under_18", "p_under_25", "quality", "reason")


def predict(paths: Iterable[Path], table: Path | None, model: Path | None) -> None:
    r"""Write one row per face, largest first, or one row with the reason for a picture without a face: `no-face`,
    `unreadable`, or `too-large`. Characters of a file's name that cannot be shown are escaped, as in `\udcff`.

    Faces that the quality gate rejects also get an age, with quality 0 and the reasons; a lane would not use them.

    paths: pictures or folders of pictures. table: CSV file, None for stdout. model: folder of a bundle, None for the
    settings' or bundled model. Raises UsageError for a path that does not exist or a table that cannot be written.
    """
    pictures = list(_pictures(paths))
    settings = load_settings([])
    age_model, _ = make_age_model(Bundle(model or settings.model or BUNDLED), settings.ages, settings.cache_dir)
    with closing(_PictureReader(age_model)) as reader:
        if table is None:
            _write(reader, pictures, sys.stdout)
        else:
            _write_whole(reader, pictures, table)


def _write_whole(reader: _PictureReader, pictures: list[Path], table: Path) -> None:
    try:
        with replacing(table) as draft, draft.open("w", newline="", encoding="utf-8") as text:
            _write(reader, pictures, text)
    except OSError as problem:
        raise UsageError(words("cannot write {file}: {reason}", file=table, reason=system_words(problem))) from None


def _pictures(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        try:
            if not path.exists():
                raise UsageError(words("no picture at {path}", path=path))
            yield from _inside(path) if path.is_dir() else [path]
        except OSError as problem:
            raise UsageError(words("cannot read {file}: {reason}", file=path, reason=system_words(problem))) from None


def _inside(folder: Path) -> list[Path]:
    pictures = sorted(file for file in folder.rglob("*") if file.suffix.lower() in PHOTO_SUFFIXES)
    if not pictures:
        raise UsageError(
            words(
                "no pictures in {folder}: file names must end in {suffixes}",
                folder=folder,
                suffixes=", ".join(PHOTO_SUFFIXES),
            )
        )
    return pictures


def _write(reader: _PictureReader, pictures: list[Path], text: TextIO) -> None:
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(PREDICT_COLUMNS)
    for picture in ProgressBar(pictures, "pictures", shown=text is not sys.stdout or not sys.stdout.isatty()):
        for row in reader.rows(picture):
            rows.writerow([harmless(visible(str(picture))), *row])


class _PictureReader:
    def __init__(self, age_model: AgeModel) -> None:
        self._age_model, self._finder = age_model, StillFaceFinder()
        self._confirmation = FaceConfirmation()
        self._decoder = ContainedProcess(read_photo)

    def close(self) -> None:
        self._decoder.close()
        self._finder.close()

    def rows(self, path: Path) -> list[list[object]]:
        """The table columns after `file`, one row for every face on a picture."""
        try:
            pixels = self._decoder.call(path)
        except UnusablePhotoError as problem:
            return [_no_face(problem.reason)]
        except MemoryError:  # the photo was decoded, but there is no room for it here
            return [_no_face("too-large")]
        except ProcessLostError:
            return [_no_face("unreadable")]
        faces = self._finder.find(pixels)
        if not len(faces):
            return [_no_face("no-face")]
        crops = align_all(pixels, faces.keypoints)
        faces = gate(faces, crops, self._confirmation.confirm(pixels, faces), QualitySettings())
        return _face_rows(faces, self._age_model.predict(crops))


def _face_rows(faces: Faces, age_probs: NDArray[np.float32]) -> list[list[object]]:
    years = np.arange(age_probs.shape[1])
    means = age_probs @ years
    deviations = np.sqrt(np.maximum(age_probs @ years**2 - means**2, 0))
    return [
        [
            face,
            *(round(float(value), 1) for value in (x0, y0, x1 - x0, y1 - y0)),
            round(float(means[face]), 2),
            round(float(deviations[face]), 2),
            round(float(age_probs[face, :18].sum()), 4),
            round(float(age_probs[face, :25].sum()), 4),
            round(float(faces.quality[face]), 3),
            " ".join(faces.reasons[face]),
        ]
        for face, (x0, y0, x1, y1) in enumerate(faces.boxes)
    ]


def _no_face(reason: str) -> list[object]:
    return ["", "", "", "", "", "", "", "", "", 0, reason]
