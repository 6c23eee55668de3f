"""All figures about a folder of labelled photos that `edge-train explore` reports, as one value."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, SkipValidation

from edge.commands import visible
from edge.language.words import Words, words
from edge.progress import ProgressBar
from edge.vision.contained import map_contained
from edge.vision.faces import AGES
from edge.vision.photos import PHOTO_SUFFIXES, UnusablePhotoError, UnusableReason, read_photo
from train.data import PICTURE_COPY_BITS
from train.duplicates import exact_groups, near_groups
from train.index import CACHE, content_hash, find_faces
from train.pictures import BrokenRow, Pictures, read_labels
from train.thresholds import underage

BANDS = ((0, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 120))
"""Age bands of the report, in years: minors, young adults who are asked for ID, then ten years each."""

LEGAL_AGE = 18
"""Whether there are enough photos is said for this one."""

FACE_COPY_BITS = 48
"""Aligned faces whose hashes differ in at most this many bits are reported as copies. The split excludes copies up to
56 bits apart, to be safe: on 23,000 photos nearly all pairs below 50 bits were one person, most from 52 on were two."""


class Facts(BaseModel):
    """The figures. Counts are of photos, or of rows if there are labels only.

    ages: by source, the number of people of each year 0..100; a person with a band is spread evenly over its years.
    bands: by source, the share in each of `BANDS`. sizes: "width x height" and their number, most frequent first.
    exact_copies: groups of files with the same bytes. near_copies: groups of other near-copies. disagreeing: groups of
    copies whose labels contradict each other. underage: people of `underage_ages` whom a limit on P(under 18) can be
    measured on, known exactly or by a band.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels_only: bool
    rows: dict[str, int]
    exactly_known: dict[str, int]
    ages: dict[str, tuple[float, ...]]
    bands: dict[str, dict[str, float]]
    sexes: dict[str, dict[str, int]]
    groups: dict[str, dict[str, int]]
    broken_rows: tuple[SkipValidation[str], ...]  # a validated text would lose its translation
    rows_without_a_file: tuple[SkipValidation[str], ...]
    files_without_a_row: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    too_large: tuple[str, ...] = ()
    without_face: tuple[str, ...] = ()
    sizes: dict[str, int] = {}
    exact_copies: tuple[tuple[str, ...], ...] = ()
    near_copies: tuple[tuple[str, ...], ...] = ()
    disagreeing: tuple[tuple[str, ...], ...] = ()
    underage: int = 0
    underage_ages: tuple[int, int] = (13, 17)

    @property
    def usable(self) -> int:
        """Photos that a model can be trained on; all labels if there are no photos."""
        return sum(self.rows.values()) - len(self.unreadable) - len(self.too_large) - len(self.without_face)


def explore(data: Path, cache_dir: Path = CACHE) -> tuple[Facts, Pictures]:
    """The figures and the photos of a folder as `read_labels` reads it, or of a CSV file with labels only.

    Raises UsageError if there are no labels at all. Problems with single rows or files are part of the figures.
    """
    pictures, broken = read_labels(data)
    if data.is_file():
        facts = _label_facts(pictures, broken, labels_only=True)
        return facts.model_copy(update=_underage_facts(pictures.ages)), pictures
    pictures = find_faces(pictures, cache_dir)
    facts = _label_facts(pictures, broken, labels_only=False)
    update = _file_facts(pictures, broken, data) | _underage_facts(pictures.ages[pictures.has_face])
    return facts.model_copy(update=update), pictures


def _label_facts(pictures: Pictures, broken: list[BrokenRow], *, labels_only: bool) -> Facts:
    masks = {str(source): pictures.sources == source for source in np.unique(pictures.sources)}
    ages = {source: people_by_year(pictures.ages[rows]) for source, rows in masks.items()}
    return Facts(
        labels_only=labels_only,
        rows={source: int(rows.sum()) for source, rows in masks.items()},
        exactly_known={source: int((pictures.exact & rows).sum()) for source, rows in masks.items()},
        ages={source: tuple(np.round(people, 2).tolist()) for source, people in ages.items()},
        bands={source: _band_shares(people) for source, people in ages.items()},
        sexes={source: _counted(pictures.sexes[rows]) for source, rows in masks.items()},
        groups={source: _counted(pictures.groups[rows]) for source, rows in masks.items()},
        broken_rows=tuple(_row_text(row) for row in broken if not row.photo_missing),
        rows_without_a_file=tuple(_row_text(row) for row in broken if row.photo_missing),
    )


def _underage_facts(known: NDArray[np.float32]) -> dict[str, object]:
    """All whom a limit may be measured on: no number of exactly known ones is enough for a risk of 0."""
    counted, ages = underage(known, LEGAL_AGE, risk=0)
    return {"underage": int(counted.sum()), "underage_ages": ages}


def _row_text(row: BrokenRow) -> Words:
    return words("{file} line {line}: {problem}", file=visible(row.file.name), line=row.line, problem=row.reason)


def people_by_year(known: NDArray[np.float32]) -> NDArray[np.float64]:
    """float (101,): the number of people of each year; a person with age range (N, 2) is spread evenly over it."""
    people = np.zeros(AGES)
    for (youngest, oldest), count in zip(*np.unique(known, axis=0, return_counts=True), strict=True):
        first, last = (min(int(age), AGES - 1) for age in (youngest, oldest))
        people[first : last + 1] += count / (last + 1 - first)
    return people


def _band_shares(people: NDArray[np.float64]) -> dict[str, float]:
    total = max(float(people.sum()), 1)
    return {band_name(low, high): round(float(people[low : high + 1].sum()) / total, 4) for low, high in BANDS}


def band_name(low: int, high: int) -> str:
    """The name of a band in the report, such as "under 18", "18-24" or "65+"."""
    return f"under {high + 1}" if low == 0 else f"{low}+" if high >= AGES else f"{low}-{high}"


def _counted(labels: NDArray[np.str_]) -> dict[str, int]:
    return {str(label): count for label, count in Counter(labels[labels != ""].tolist()).most_common()}


def _file_facts(pictures: Pictures, broken: list[BrokenRow], data: Path) -> dict[str, object]:
    names = [_name(path, data) for path in pictures.paths]
    jobs = map_contained(_inspect, pictures.paths, _InspectedFile())
    files = list(ProgressBar(jobs, "reading files", len(names)))
    sizes = Counter(f"{file.size[0]} x {file.size[1]}" for file in files if file.size)
    readable = np.array([file.size is not None for file in files], bool)
    # A file without a hash is nobody's copy.
    exact = exact_groups([file.sha256 or f"row {row}" for row, file in enumerate(files)])
    near = near_groups((pictures.hashes, FACE_COPY_BITS), (pictures.picture_hashes, PICTURE_COPY_BITS))
    exact_group = {row: number for number, group in enumerate(exact) for row in group}
    near = [group for group in near if len({exact_group.get(row, -1 - row) for row in group}) > 1]
    disagreeing = [group for group in [*exact, *near] if _contradict(pictures.ages[group])]

    def named(groups: list[list[int]]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(names[row] for row in group) for group in groups)

    return {
        "files_without_a_row": tuple(sorted(_without_a_row([*pictures.paths, *(row.photo for row in broken)], data))),
        "unreadable": tuple(name for name, file in zip(names, files, strict=True) if file.unusable == "unreadable"),
        "too_large": tuple(name for name, file in zip(names, files, strict=True) if file.unusable == "too-large"),
        "without_face": tuple(names[row] for row in np.flatnonzero(readable & ~pictures.has_face)),
        "sizes": dict(sizes.most_common()),
        "exact_copies": named(exact),
        "near_copies": named(near),
        "disagreeing": named(disagreeing),
    }


class _InspectedFile(NamedTuple):
    """sha256: empty if unknown. size: width and height of the photo in pixels; None if it is unusable."""

    sha256: str = ""
    size: tuple[int, int] | None = None
    unusable: UnusableReason | None = "unreadable"


def _inspect(path: Path) -> _InspectedFile:
    try:
        height, width = read_photo(path).shape[:2]
    except UnusablePhotoError as problem:
        return _InspectedFile(content_hash(path), unusable=problem.reason)
    return _InspectedFile(content_hash(path), (width, height), unusable=None)


def _contradict(known: NDArray[np.float32]) -> bool:
    """Whether no age fits all of the labels (N, 2)."""
    return bool(known[:, 0].max() > known[:, 1].min())


def _without_a_row(labelled: list[Path], data: Path) -> set[str]:
    folders = {path.parent for path in labelled if path.is_relative_to(data) and path.parent.is_dir()}
    existing = {file for folder in folders for file in folder.iterdir()}
    return {_name(file, data) for file in existing - set(labelled) if file.suffix.lower() in PHOTO_SUFFIXES}


def _name(file: Path, data: Path) -> str:
    """The path relative to the folder if it is inside; bytes that are not UTF-8 are replaced."""
    relative = file.relative_to(data) if file.is_relative_to(data) else file
    return os.fsencode(relative).decode("utf-8", "replace")
