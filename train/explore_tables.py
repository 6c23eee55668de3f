"""The tables of the report on photos."""

from __future__ import annotations

from edge.language.formats import Shown, percent
from edge.language.words import Words, joined, words
from edge.reports.tables import Table, in_groups
from train.explore import Facts


def correct_tables(facts: Facts) -> list[Table]:
    """What to correct in the folder, with the number of cases; none if there is nothing."""
    found: list[tuple[Words, int, Words]] = [
        (words("Copies with contradicting ages"), len(facts.disagreeing),
         words("correct the ages in labels.csv")),
        (words("Wrong rows"), len(facts.broken_rows),
         words("correct the lines in labels.csv")),
        (words("Rows without a photo"), len(facts.rows_without_a_file),
         words("copy the photos into final_files, or correct file_name")),
        (words("Photos without a row"), len(facts.files_without_a_row),
         words("add a row to labels.csv, or remove the photo")),
        (words("Unreadable photos"), len(facts.unreadable),
         words("copy them again from where they came from, or remove them")),
        (words("Photos too large to read"), len(facts.too_large),
         words("make them smaller")),
        (words("Photos without a face"), len(facts.without_face),
         words("nothing: they are not used. Look at some of them if there are many")),
        (words("The same file twice"), len(facts.exact_copies),
         words("remove all but one: copies count several times in training")),
        (words("Copies of a photo"), len(facts.near_copies),
         words("remove all but the best: copies count several times in training")),
    ]  # fmt: skip
    rows = tuple((what, in_groups(n), fix) for what, n, fix in found if n)
    columns = (words("found"), words("number"), words("what to do"))
    return [Table(columns, rows, frozenset(columns[1:2]), title=words("What to correct"))] if rows else []


def sources_table(facts: Facts) -> Table:
    """For each source its photos, how many have their age to the year, and how many are minors."""
    columns = (words("source"), words("labels") if facts.labels_only else words("photos"),
               words("ages known to the year"), words("under 18"))  # fmt: skip
    rows = tuple(
        (source, in_groups(n), _share(facts.exactly_known[source] / max(1, n)), _share(facts.bands[source]["under 18"]))
        for source, n in facts.rows.items()
    )
    return Table(columns, rows, frozenset(columns[1:]), title=words("Sources"))


def bands_table(facts: Facts) -> Table:
    """The share of each age band, in a column for each source."""
    bands = next(iter(facts.bands.values()))
    rows = tuple((band_words(band), *(_share(found[band]) for found in facts.bands.values())) for band in bands)
    return Table((words("age"), *facts.bands), rows, frozenset(facts.bands))


def band_words(band: str) -> Words | str:
    """The name of a band as `train.explore.band_name` writes it."""
    low, _, high = band.partition(" ")
    return words("under {age}", age=high) if low == "under" else band


def people_tables(facts: Facts) -> list[Table]:
    """How many have each label of sex and group, where the labels have them."""
    found = []
    for title, column in ((words("Sex"), facts.sexes), (words("Group"), facts.groups)):
        labels = sorted({label for source in column.values() for label in source})
        rows = tuple((label, *(in_groups(source.get(label, 0)) for source in column.values())) for label in labels)
        if rows:
            found.append(Table((words("label"), *column), rows, frozenset(column), title=title))
    return found


def sizes_table(facts: Facts, most: int) -> Table:
    """The most frequent sizes."""
    columns = (words("width x height"), words("photos"))
    rows = tuple((size, in_groups(n)) for size, n in list(facts.sizes.items())[:most])
    return Table(columns, rows, frozenset(columns[1:]))


def _share(share: float) -> Words:
    return joined("", [Shown(percent, share, {"digits": 1})])
