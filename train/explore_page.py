"""The report of `edge-train explore`: what it says, and its page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from edge.language.formats import Shown, number
from edge.language.words import Words, counted, joined, verbatim, words
from edge.reports.content import PageSection, Part, ReportContent
from edge.reports.page import figure, gallery
from edge.reports.tables import Table
from edge.vision.crop import align
from edge.vision.photos import read_photo
from train.explore import Facts
from train.explore_lead import lead
from train.explore_plots import ages_plot, bands_plot
from train.explore_tables import bands_table, correct_tables, people_tables, sizes_table, sources_table
from train.pictures import Pictures

SHEET = 15
"""Faces shown."""

_LISTED = 20
"""Entries shown of each list."""


def explore_content(facts: Facts, pictures: Pictures, language: str) -> ReportContent:
    """What to do first, then the pictures and the tables; the lists of files are folded away."""
    correct, sources = correct_tables(facts), [sources_table(facts)]
    notes = [words("A person who is known by an age band counts evenly in all its years.")]
    if not facts.labels_only:
        notes.append(words("The same face cropped, recoloured or compressed again counts as a copy."))
    return ReportContent(
        title=words("Labels without photos") if facts.labels_only else words("Labelled photos"),
        headline=_headline(facts),
        lead=lead(facts),
        tables=[*correct, *sources],
        csv="",
        page_parts=[
            *correct, *_ages(facts, language), *(sources if facts.rows else ()), *people_tables(facts),
            *_faces(pictures, language), *_lists(facts),
        ],
        notes=notes,
    )  # fmt: skip


def _headline(facts: Facts) -> Words:
    total = sum(facts.rows.values())
    n = Shown(number, total)
    rows = (
        counted("{shown} label", "{shown} labels", total, shown=n)
        if facts.labels_only
        else counted("{shown} photo", "{shown} photos", total, shown=n)
    )
    return joined(", ", [rows, counted("{n} source", "{n} sources", len(facts.rows))])


def _ages(facts: Facts, language: str) -> Iterable[PageSection]:
    if not facts.rows:
        return
    people = words("People by age. The dotted line is at 18 years.")
    yield PageSection(
        words("Ages"),
        [
            figure(ages_plot(facts, language), people, language),
            figure(bands_plot(facts, language), words("Share of each age band."), language),
            bands_table(facts),
        ],
    )


def _faces(pictures: Pictures, language: str) -> Iterable[PageSection]:
    """Some of the faces; none for labels only."""
    faces = np.flatnonzero(pictures.has_face)
    if not len(faces):
        return
    by_age = faces[np.argsort(pictures.ages[faces].mean(axis=1), kind="stable")]
    chosen = by_age[np.unique(np.linspace(0, len(by_age) - 1, SHEET).astype(int))]
    title = counted("{n} of the faces, as the model gets it", "{n} of the faces, youngest to oldest, as the model gets "
                    "them", len(chosen))  # fmt: skip
    yield PageSection(title, [gallery([_photo(pictures, row) for row in chosen], language)])


def _photo(pictures: Pictures, row: int) -> tuple[str, str]:
    """The aligned face as a data URL, and its age and source."""
    picture = read_photo(pictures.paths[row])
    crop = cv2.cvtColor(align(picture, pictures.keypoints[row]), cv2.COLOR_RGB2BGR)
    _, coded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 80])
    low, high = pictures.ages[row]
    known = f"{low:g}" if low == high else f"{low:g}-{high:g}"
    return f"data:image/jpeg;base64,{b64encode(coded.tobytes()).decode()}", f"{known}, {pictures.sources[row]}"


def _lists(facts: Facts) -> Iterable[PageSection]:
    """The files and rows behind the figures, and the sizes of the photos."""
    lists: list[tuple[Words, Sequence[object]]] = [
        (words("Copies with contradicting ages"), _groups(facts.disagreeing)),
        (words("Wrong rows"), facts.broken_rows),
        (words("Rows without a photo"), facts.rows_without_a_file),
        (words("Photos without a row"), facts.files_without_a_row),
        (words("Unreadable photos"), facts.unreadable),
        (words("Photos too large to read"), facts.too_large),
        (words("Photos without a face"), facts.without_face),
        (words("The same file twice"), _groups(facts.exact_copies)),
        (words("Copies of a photo"), _groups(facts.near_copies)),
    ]
    found = [PageSection(_with_number(title, len(each)), [*_listed(each)]) for title, each in lists if each]
    if found:
        yield PageSection(words("Files and rows to correct"), found, folded=True)
    if facts.sizes:
        yield PageSection(words("Sizes of the photos"), [sizes_table(facts, _LISTED), *_more(len(facts.sizes))],
                          folded=True)  # fmt: skip


def _groups(groups: Sequence[Sequence[str]]) -> list[str]:
    return [" = ".join(group) for group in groups]


def _with_number(title: Words, count: int) -> Words:
    return words("{title}: {n}", title=title, n=Shown(number, count))


def _listed(entries: Sequence[object]) -> Iterable[Part]:
    yield Table((words("file"),), tuple((verbatim(entry),) for entry in entries[:_LISTED]))
    yield from _more(len(entries))


def _more(count: int) -> Iterable[Part]:
    if count > _LISTED:
        yield words("The first {listed} of {n}; facts.json has all.", listed=_LISTED, n=Shown(number, count))
