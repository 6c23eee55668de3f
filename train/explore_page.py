"""The report of `edge-train explore` as an HTML page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

import cv2
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes

from edge.reports.page import as_html, figure, page
from edge.reports.plot import QUIET
from edge.reports.tables import Table
from edge.vision.crop import align
from edge.vision.photos import read_photo
from train.explore import Facts
from train.pictures import Pictures
from train.plots import svg

SHEET = 15
"""Faces shown."""

_LISTED = 20
"""Entries shown of each list."""

_EXPLORE_STYLE = """
.sheet { display: grid; grid-template-columns: repeat(5, 1fr); gap: .5rem; }
.sheet figure { margin: 0; text-align: center; } .sheet img { width: 100%; border-radius: 6px; }
.cards { display: flex; flex-wrap: wrap; gap: 1rem; }
.cards div { background: var(--soft); border-radius: 8px; padding: .75rem 1.25rem; }
.cards b { display: block; font-size: 1.6rem; }
"""


def explore_page(facts: Facts, pictures: Pictures) -> str:
    """The text of index.html; the pictures of faces are inside."""
    parts = [
        f"<h1>{sum(facts.rows.values()):,} {'labels' if facts.labels_only else 'photos'}</h1>",
        _cards(facts),
        *(_ages(facts) if facts.rows else ()),
        *_people(facts),
    ]
    if facts.labels_only:
        parts.append("<p>Labels without pictures: there are no faces, sizes and copies to show.</p>")
    else:
        parts += [*_sheet(pictures), "<h2>Pictures</h2>", _sizes(facts), *_problems(facts)]
    parts.append(_list("Unusable rows", facts.broken_rows))
    if facts.rows_without_a_file:
        parts.append(_list("Rows without a file", facts.rows_without_a_file))
    return page("Labelled photos", Markup("\n".join(parts)), style=_EXPLORE_STYLE)


def _cards(facts: Facts) -> str:
    total = sum(facts.rows.values())
    figures = {
        "sources": len(facts.rows),
        "ages known to the year": f"{sum(facts.exactly_known.values()) / max(total, 1):.0%}",
        "unusable rows": len(facts.broken_rows) + len(facts.rows_without_a_file),
    }
    if not facts.labels_only:
        figures |= {
            "no face found": len(facts.without_face),
            "unreadable": len(facts.unreadable),
            "groups of copies": len(facts.exact_copies) + len(facts.near_copies),
        }
    return (
        '<div class="cards">'
        + "".join(f"<div><b>{value}</b>{name}</div>" for name, value in figures.items())
        + ("</div>")
    )


def _ages(facts: Facts) -> Iterable[str]:
    yield "<h2>Ages</h2>"
    yield figure(
        svg(lambda axes: _histogram(axes, facts), "People by age"),
        "People by age. A person with an age range counts evenly in all its years.",
    )
    yield figure(svg(lambda axes: _bands(axes, facts), "Share of each age band", 2.8), "Share of each age band.")
    bands = next(iter(facts.bands.values()))
    yield _table(
        ("band", *facts.rows), ((band, *(f"{found[band]:.1%}" for found in facts.bands.values())) for band in bands)
    )


def _histogram(axes: Axes, facts: Facts) -> None:
    below = np.zeros(101)
    for source, counts in facts.ages.items():
        axes.bar(np.arange(101), counts, 0.9, bottom=below, label=source)
        below += counts
    axes.axvline(17.5, color=QUIET, linestyle=":", linewidth=1)
    axes.set(xlabel="age in years; dotted line: 18", ylabel="people", xlim=(-1, 101))
    axes.legend(frameon=False)


def _bands(axes: Axes, facts: Facts) -> None:
    width = 0.8 / max(1, len(facts.bands))
    for number, (source, shares) in enumerate(facts.bands.items()):
        places = np.arange(len(shares)) + (number + 0.5) * width - 0.4
        axes.bar(places, [100 * share for share in shares.values()], width, label=source)
        axes.set_xticks(range(len(shares)), list(shares))
    axes.set(ylabel="%")
    axes.legend(frameon=False)


def _people(facts: Facts) -> Iterable[str]:
    for title, column in (("Sex", facts.sexes), ("Group", facts.groups)):
        labels = sorted({label for found in column.values() for label in found})
        if labels:
            yield f"<h2>{title}</h2>"
            rows = ((label, *(f"{found.get(label, 0):,}" for found in column.values())) for label in labels)
            yield _table((title.lower(), *column), rows)


def _sheet(pictures: Pictures) -> Iterable[str]:
    faces = np.flatnonzero(pictures.has_face)
    if not len(faces):
        return
    by_age = faces[np.argsort(pictures.ages[faces].mean(axis=1), kind="stable")]
    chosen = by_age[np.unique(np.linspace(0, len(by_age) - 1, SHEET).astype(int))]
    yield f"<h2>{len(chosen)} of the faces, youngest to oldest, as the model gets them</h2>"
    yield '<div class="sheet">' + "".join(_photo(pictures, row) for row in chosen) + "</div>"


def _photo(pictures: Pictures, row: int) -> str:
    picture = read_photo(pictures.paths[row])
    crop = cv2.cvtColor(align(picture, pictures.keypoints[row]), cv2.COLOR_RGB2BGR)
    _, coded = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 80])
    low, high = pictures.ages[row]
    known = f"{low:g}" if low == high else f"{low:g}-{high:g}"
    source = b64encode(coded.tobytes()).decode()
    return (
        f'<figure><img alt="" src="data:image/jpeg;base64,{source}"><figcaption>{known}, '
        f"{escape(pictures.sources[row])}</figcaption></figure>"
    )


def _sizes(facts: Facts) -> str:
    rows = [(size, f"{count:,}") for size, count in list(facts.sizes.items())[:_LISTED]]
    more = len(facts.sizes) - len(rows)
    return _table(("width x height", "pictures"), rows) + (f"<p>... and {more} more sizes</p>" if more > 0 else "")


def _problems(facts: Facts) -> Iterable[str]:
    def joined(groups: Sequence[Sequence[str]]) -> list[str]:
        return [" = ".join(group) for group in groups]

    yield _list("Unreadable pictures", facts.unreadable)
    yield _list("Pictures too large to read", facts.too_large)
    yield _list("Pictures without a detected face", facts.without_face)
    yield _list("Files without a row", facts.files_without_a_row)
    yield _list("Exact copies", joined(facts.exact_copies))
    yield _list("Near-copies: the same face cropped, recoloured or compressed again", joined(facts.near_copies))
    yield _list("Copies with contradicting labels", joined(facts.disagreeing))


def _list(title: str, lines: Sequence[str]) -> str:
    if not lines:
        return f"<h2>{title}</h2><p>none</p>"
    shown = "".join(f"<li>{escape(line)}</li>" for line in lines[:_LISTED])
    more = f"<p>... and {len(lines) - _LISTED} more, in facts.json</p>" if len(lines) > _LISTED else ""
    return f"<h2>{title}: {len(lines):,}</h2><ul>{shown}</ul>{more}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    return as_html(Table(tuple(head), tuple(tuple(row) for row in rows)))
