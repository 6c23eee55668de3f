"""What is in a folder of labelled photos: every figure of `edge-train explore`, as one value."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from tqdm import tqdm

from edge.vision.faces import AGES
from train.data import PICTURE_COPY_BITS
from train.duplicates import equal, near
from train.index import CACHE, PROCESS_START, find_faces
from train.pictures import PICTURE_TYPES, BrokenRow, Pictures, read_labels

BANDS = ((0, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 120))
"""Age bands that the shares are given for: under age, young adults who are asked for ID, and by tens."""

FACE_COPY_BITS = 48
"""Aligned faces that differ less are shown as copies. The split leaves out those up to 56 bits apart, to be safe: on
23,000 photos most pairs from 52 on were two people, and nearly all below 50 one."""


class Facts(BaseModel):
    """All that was found. Counts are of photos, or of rows where there are labels alone.

    ages: by source, how many people of each year 0..100; somebody known by a band is spread evenly over its years.
    bands: by source, the share in each of `BANDS`. sizes: "width x height" and their number, commonest first.
    exact_copies, near_copies: groups of files; of the latter, those that are not byte for byte the same.
    disagreeing: groups of copies whose labels exclude each other.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels_only: bool
    rows: dict[str, int]
    exactly_known: dict[str, int]
    ages: dict[str, tuple[float, ...]]
    bands: dict[str, dict[str, float]]
    sexes: dict[str, dict[str, int]]
    groups: dict[str, dict[str, int]]
    broken_rows: tuple[str, ...]
    rows_without_a_file: tuple[str, ...]
    files_without_a_row: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    without_face: tuple[str, ...] = ()
    sizes: dict[str, int] = {}
    exact_copies: tuple[tuple[str, ...], ...] = ()
    near_copies: tuple[tuple[str, ...], ...] = ()
    disagreeing: tuple[tuple[str, ...], ...] = ()


def explore(data: Path, cache_dir: Path = CACHE) -> tuple[Facts, Pictures]:
    """Look at a folder as `read_labels` reads it, or at a CSV file of labels alone.

    Raises UsageError when there are no labels at all. What is wrong with single rows or files stands in the facts.
    """
    pictures, broken = read_labels(data)
    if data.is_file():
        return _of_labels(pictures, broken, labels_only=True), pictures
    pictures = find_faces(pictures, cache_dir)
    facts = _of_labels(pictures, broken, labels_only=False)
    return facts.model_copy(update=_of_files(pictures, broken, data)), pictures


def _of_labels(pictures: Pictures, broken: list[BrokenRow], *, labels_only: bool) -> Facts:
    rows = {str(source): pictures.sources == source for source in np.unique(pictures.sources)}
    ages = {source: years(pictures.ages[those]) for source, those in rows.items()}
    return Facts(
        labels_only=labels_only,
        rows={source: int(those.sum()) for source, those in rows.items()},
        exactly_known={source: int((pictures.exact & those).sum()) for source, those in rows.items()},
        ages={source: tuple(np.round(spread, 2).tolist()) for source, spread in ages.items()},
        bands={source: _bands(spread) for source, spread in ages.items()},
        sexes={source: _counted(pictures.sexes[those]) for source, those in rows.items()},
        groups={source: _counted(pictures.groups[those]) for source, those in rows.items()},
        broken_rows=tuple(_told(row) for row in broken if not row.photo_missing),
        rows_without_a_file=tuple(_told(row) for row in broken if row.photo_missing),
    )


def _told(row: BrokenRow) -> str:
    return f"{row.file.name} line {row.line}: {row.reason}"


def years(known: NDArray[np.float32]) -> NDArray[np.float64]:
    """float (101,): how many of the people known to be within (N, 2) years are of each year."""
    spread = np.zeros(AGES)
    for (youngest, oldest), count in zip(*np.unique(known, axis=0, return_counts=True), strict=True):
        first, last = (min(int(age), AGES - 1) for age in (youngest, oldest))
        spread[first : last + 1] += count / (last + 1 - first)
    return spread


def _bands(spread: NDArray[np.float64]) -> dict[str, float]:
    total = max(float(spread.sum()), 1)
    return {band_name(low, high): round(float(spread[low : high + 1].sum()) / total, 4) for low, high in BANDS}


def band_name(low: int, high: int) -> str:
    """What people call a band."""
    return f"under {high + 1}" if low == 0 else f"{low}+" if high >= AGES else f"{low}-{high}"


def _counted(labels: NDArray[np.str_]) -> dict[str, int]:
    return {str(label): count for label, count in Counter(labels[labels != ""].tolist()).most_common()}


def _of_files(pictures: Pictures, broken: list[BrokenRow], data: Path) -> dict[str, object]:
    names = [_name(path, data) for path in pictures.paths]
    with ProcessPoolExecutor(mp_context=get_context(PROCESS_START)) as pool:
        jobs = pool.map(_inspect, pictures.paths, chunksize=64)
        seen = list(tqdm(jobs, total=len(names), desc="reading files", unit="file", mininterval=1))
    sizes = Counter(f"{size[0]} x {size[1]}" for _, size in seen if size)
    readable = np.array([size is not None for _, size in seen], bool)
    exact = equal([code for code, _ in seen])
    alike = near((pictures.hashes, FACE_COPY_BITS), (pictures.picture_hashes, PICTURE_COPY_BITS))
    twins = {row: number for number, group in enumerate(exact) for row in group}
    alike = [group for group in alike if len({twins.get(row, -1 - row) for row in group}) > 1]
    apart = [group for group in [*exact, *alike] if _exclude_each_other(pictures.ages[group])]

    def named(groups: list[list[int]]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(names[row] for row in group) for group in groups)

    return {
        "files_without_a_row": tuple(sorted(_without_a_row([*pictures.paths, *(row.photo for row in broken)], data))),
        "unreadable": tuple(names[row] for row in np.flatnonzero(~readable)),
        "without_face": tuple(names[row] for row in np.flatnonzero(readable & ~pictures.has_face)),
        "sizes": dict(sizes.most_common()),
        "exact_copies": named(exact),
        "near_copies": named(alike),
        "disagreeing": named(apart),
    }


def _inspect(path: Path) -> tuple[str, tuple[int, int] | None]:
    """sha256 of a file, and width and height of the picture in it, if it is one."""
    content = path.read_bytes()
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    size = None if picture is None else (picture.shape[1], picture.shape[0])
    return hashlib.sha256(content).hexdigest(), size


def _exclude_each_other(known: NDArray[np.float32]) -> bool:
    """No age fits all of the labels (N, 2)."""
    return bool(known[:, 0].max() > known[:, 1].min())


def _without_a_row(named: list[Path], data: Path) -> set[str]:
    folders = {path.parent for path in named if path.is_relative_to(data) and path.parent.is_dir()}
    there = {file for folder in folders for file in folder.iterdir()}
    return {_name(file, data) for file in there - set(named) if file.suffix.lower() in PICTURE_TYPES}


def _name(file: Path, data: Path) -> str:
    """As seen from the folder where it lies in it; bytes that are no UTF-8 are shown as such."""
    shown = file.relative_to(data) if file.is_relative_to(data) else file
    return os.fsencode(shown).decode("utf-8", "replace")
