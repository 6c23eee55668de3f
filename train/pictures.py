"""Labelled photos as one value, read from a folder with `labels.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.commands import visible
from edge.errors import UsageError
from edge.language.words import Words, words
from edge.settings.csv_files import number_of, read_rows

OLDEST_AGE = 120
HASH_WORDS = 4
_PICTURE_FOLDERS = ("final_files", "pictures", ".")


@dataclass(frozen=True, eq=False)
class Pictures:
    """Photos with the known age of the person on each; one row per photo.

    paths:     where each photo is: its path, or a `train.pack.PackedPhoto`
    sources:   (N,) name of the folder that each photo comes from
    ages:      float32 (N, 2), youngest and oldest possible age in years; equal if the age is known exactly
    held_out:  bool (N,), listed in the source's `official_val.csv`: for testing only
    keypoints: float32 (N, 4, 2) as in `edge.vision.faces.Faces`, in pixels; NaN if no face was found
    hashes:    uint64 (N, 4), perceptual hash of the aligned face; 0 until a face is found
    picture_hashes: uint64 (N, 4), perceptual hash of the whole photo; 0 until computed
    sexes:     (N,) from the labels, "" if not given
    groups:    (N,) group of people from the labels, "" if not given
    """

    paths: NDArray[np.object_]
    sources: NDArray[np.str_]
    ages: NDArray[np.float32]
    held_out: NDArray[np.bool_]
    keypoints: NDArray[np.float32]
    hashes: NDArray[np.uint64]
    picture_hashes: NDArray[np.uint64]
    sexes: NDArray[np.str_]
    groups: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, rows: NDArray[np.generic]) -> Pictures:
        return Pictures(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def joined(self, other: Pictures) -> Pictures:
        """The photos of both, these first."""
        return Pictures(
            *(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__dataclass_fields__)
        )

    @property
    def exact(self) -> NDArray[np.bool_]:
        """bool (N,): the age is known to the year, not only as a band."""
        return np.asarray(self.ages[:, 0] == self.ages[:, 1])

    @property
    def has_face(self) -> NDArray[np.bool_]:
        return np.asarray(np.isfinite(self.keypoints).all(axis=(1, 2)))


@dataclass(frozen=True)
class BrokenRow:
    """A row of a `labels.csv` that cannot be used. photo: expected path of its photo. photo_missing: the row is valid,
    but there is no such file."""

    file: Path
    line: int
    reason: Words
    photo: Path = Path()
    photo_missing: bool = False


def read_labels(root: Path) -> tuple[Pictures, list[BrokenRow]]:
    """Read `root/labels.csv`, or every `root/*/labels.csv` when root holds several sources.

    A row has `file_name` and either `real_age`, `age`, or `age_min` and `age_max` (years 0..120). Photos are in
    `final_files/`, `pictures/` or next to the labels. If root is a CSV file, only its labels are read, and the photos
    need not exist. Broken rows are returned, never fatal. Raises UsageError if there are no labels at all, or if a
    labels file is not CSV text with a column `file_name`.
    """
    root = Path(root)
    labels_only = root.is_file()
    own = root if labels_only else root / "labels.csv"
    files = [own] if own.exists() else sorted(root.glob("*/labels.csv"))
    if not files:
        raise UsageError(f"no labels.csv in {root} or in its folders: give a folder with labels.csv and final_files/")
    paths: list[Path] = []
    sources: list[str] = []
    ages: list[tuple[float, float]] = []
    held_out: list[bool] = []
    sexes: list[str] = []
    groups: list[str] = []
    broken: list[BrokenRow] = []
    for file in files:
        folder = next(file.parent / name for name in _PICTURE_FOLDERS if (file.parent / name).is_dir())
        official = _names_in(file.parent / "official_val.csv")
        for line, row in enumerate(_rows(file), start=2):
            name = row.get("file_name") or ""
            try:
                known = _age_of(row)
            except ValueError as problem:
                broken.append(BrokenRow(file, line, problem.args[0], folder / name))
                continue
            if not name or not (labels_only or _is_file(folder / name)):
                reason = words("no photo {name} in {folder}/", name=_shown(name), folder=folder.name)
                broken.append(BrokenRow(file, line, reason, folder / name, photo_missing=True))
                continue
            paths.append(folder / name)
            sources.append(visible(file.stem if labels_only else file.parent.name or file.parent.absolute().name))
            ages.append(known)
            held_out.append(name in official)
            sexes.append(row.get("sex") or "")
            groups.append(row.get("group") or "")
    count = len(paths)
    table = Pictures(
        np.array(paths, object),
        np.array(sources, str),
        np.array(ages, np.float32).reshape(count, 2),
        np.array(held_out, bool),
        np.full((count, 4, 2), np.nan, np.float32),
        np.zeros((count, HASH_WORDS), np.uint64),
        np.zeros((count, HASH_WORDS), np.uint64),
        np.array(sexes, str),
        np.array(groups, str),
    )
    return table, broken


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # an unclosed quote turns many lines into one name, too long for a path
        return False


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        return read_rows(file, ("file_name",), strict=False)
    except OSError as problem:
        raise UsageError(f"cannot read {file}: {problem.strerror}") from None
    except ValueError as problem:
        raise UsageError(f"{file} cannot be used as a table of labels: {problem}") from None


def _names_in(file: Path) -> set[str]:
    return {row.get("file_name") or "" for row in _rows(file)} if file.exists() else set()


def _shown(name: str) -> str:
    return visible(name) or words("(empty name)")


def _age_of(row: dict[str, str]) -> tuple[float, float]:
    """The youngest and the oldest age of a row. Raises ValueError with the reason as `Words`."""
    given = next((text for name in ("real_age", "age") if (text := row.get(name))), None)
    low, high = (given, given) if given else (row.get("age_min"), row.get("age_max"))
    try:
        youngest, oldest = number_of(low or ""), number_of(high or "")
    except ValueError:
        raise ValueError(words("no age for {name}", name=_shown(row.get("file_name") or ""))) from None
    if not 0 <= youngest <= oldest <= OLDEST_AGE:
        known = f"{low}" if low == high else f"{low}-{high}"
        raise ValueError(words("age {known} is outside 0-{oldest}", known=known, oldest=OLDEST_AGE))
    return youngest, oldest
