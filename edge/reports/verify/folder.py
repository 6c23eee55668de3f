"""`edge-agent report verify --folder`: the archives of many boxes, each checked against itself."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands import visible
from edge.errors import RunError
from edge.language.system import system_words
from edge.language.words import Words, counted, in_language, joined, verbatim, words
from edge.reports.archived import LaneArchive
from edge.reports.content import ReportContent, title_of
from edge.reports.tables import NOTHING, Table, as_csv
from edge.reports.verify.collected import CollectedLane, check_lane

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SILENT_DAYS = 2
"""A box exports every night. After a night that was missed it still has time to catch up."""

_COLLECTED_COLUMNS = ("store", "box", "lane", "state", "newest_record", "newest_hash", "as_of", "records", "problems")


def verify_folders(folders: Iterable[Path], silent_days: float, shop: str) -> ReportContent:
    """Check the archive of every lane in these folders. Raises RunError for a folder without any."""
    now = datetime.now(timezone.utc)
    lanes = sorted(
        (check_lane(archive, now, timedelta(days=silent_days)) for archive in _archives(folders)),
        key=lambda lane: (not lane.problems, not lane.restores, lane.name),
    )
    bad = [lane for lane in lanes if lane.problems]
    restored = [lane for lane in lanes if lane.restores and not lane.problems]
    table = _table(lanes)
    return ReportContent(
        title=title_of(words("Collected audit logs"), shop),
        headline=_headline(lanes, len(bad)),
        warnings=[line for lane in bad for line in _problem_lines(lane)],
        lead=[_restored_line(lane) for lane in restored] or ([] if bad else [words("Nothing stands out.")]),
        tables=[table],
        page_parts=[table],
        csv=as_csv(_COLLECTED_COLUMNS, (_csv_row(lane) for lane in lanes)),
        json=json.dumps([dict(zip(_COLLECTED_COLUMNS, _csv_row(lane), strict=True)) for lane in lanes], indent=2,
                        ensure_ascii=False) + "\n",
        failure=counted(
            "{n} lane is not in order: see the lines above", "{n} lanes are not in order: see the lines above", len(bad)
        )
        if bad
        else "",
    )  # fmt: skip


def _archives(folders: Iterable[Path]) -> list[LaneArchive]:
    found = []
    for folder in folders:
        try:
            next(folder.iterdir(), None)
        except OSError as problem:
            raise RunError(
                words("cannot read {folder}: {reason}", folder=folder, reason=system_words(problem))
            ) from None
        archives = LaneArchive.all_in(folder)
        if not archives:
            raise RunError(
                words("there is no archive in {folder}: give the folder that edge-agent report archive writes into",
                      folder=folder)
            )  # fmt: skip
        found += archives
    return found


def _headline(lanes: Sequence[CollectedLane], bad: int) -> Words:
    where = words(
        "{lanes} of {stores}", lanes=counted("{n} lane", "{n} lanes", len(lanes)),
        stores=counted("{n} store", "{n} stores", len({lane.name[0] for lane in lanes})),
    )  # fmt: skip
    if not bad:
        return words("{where}: every log continues what was collected before.", where=where)
    return words("{where}: {bad} not in order.", where=where, bad=bad)


def _problem_lines(lane: CollectedLane) -> Iterable[Words]:
    for problem in lane.problems:
        yield words("{lane}: {problem}.", lane=_name(lane), problem=problem)


def _restored_line(lane: CollectedLane) -> Words:
    restore = lane.restores[-1]
    text = words(
        "{lane}: restored from a backup on {date}, which ended with record {number}", lane=_name(lane), date=restore.at,
        number=restore.number - 1,
    )  # fmt: skip
    if restore.replaced is None:
        return words("{restored}; what the log had then is unknown. Ask who did it.", restored=text)
    return words(
        "{restored}; the log had {replaced} then. Ask who did it.", restored=text,
        replaced=restore.replaced,
    )  # fmt: skip


def _name(lane: CollectedLane) -> Words:
    return verbatim(visible(" / ".join(lane.name)))


def _state(lane: CollectedLane) -> Words:
    if lane.problems:
        return joined("; ", lane.problems)
    return words("restored from a backup") if lane.restores else words("in order")


def _table(lanes: Sequence[CollectedLane]) -> Table:
    newest = words("newest record")
    return Table(
        (words("store"), words("box"), words("lane"), newest, words("as of"), words("state")),
        tuple(
            (
                *map(visible, lane.name),
                str(lane.newest.number) if lane.newest else NOTHING,
                words("{date}", date=lane.newest.at) if lane.newest else NOTHING,
                _state(lane),
            )
            for lane in lanes
        ),
        frozenset({newest}),
        keys=3,
        marked=frozenset(number for number, lane in enumerate(lanes) if lane.problems),
    )


def _csv_row(lane: CollectedLane) -> tuple[object, ...]:
    state = "problem" if lane.problems else "restored" if lane.restores else "in order"
    newest = lane.newest
    end = (newest.number, newest.hash, f"{newest.at:%Y-%m-%dT%H:%M:%SZ}") if newest else ("", "", "")
    return (*lane.name, state, *end, lane.records, "; ".join(in_language(text, "en") for text in lane.problems))
