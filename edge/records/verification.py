"""Checks an audit log: its chain of hashes, and its records against its marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from edge.language.words import Words, words
from edge.records.chain import CLOCK_TOLERANCE, Head, Mark, StoredRow, proven_dates


@dataclass(frozen=True, slots=True)
class LaneSettings:
    """The settings that a log must agree with. lane: whose folder holds the log. keep_days: `audit.keep_days`."""

    lane: str
    keep_days: int


class ChainVerification:
    """Takes the rows of a log one after another, oldest first, and collects problems, one line each."""

    def __init__(self, pruned: Head, now: datetime, *, needs_marks: bool) -> None:
        """pruned: the newest record removed due to age, as the log's end says. needs_marks: the log is not one of a
        version that wrote none."""
        self.problems: list[Words] = []
        self._pruned, self._now, self._needs_marks = pruned, now, needs_marks
        self._last, self._last_intact = pruned, True
        self._marks: list[tuple[int, Mark]] = []
        self._removals: list[tuple[int, Mark]] = []
        self._mark_hash = ""
        """Of the newest mark in the file, intact or not."""
        self._newest_lane = ""
        """Of the newest record."""

    def add(self, row: StoredRow) -> None:
        """Check the next row."""
        if row.number > self._pruned.number:
            self._check_order(row)
        elif not row.is_mark:
            self.problems.append(words("record {number} was pruned, but is in the log", number=row.number))
            return
        if row.intact and row.mark_before != self._mark_hash:
            self.problems.append(
                words(
                    "the newest mark before record {number} is missing, or is not the one it names", number=row.number
                )
            )
            self._mark_hash = row.mark_before  # report it once, not for every record after it
        self._check_content(row)
        if row.number > self._pruned.number:
            self._last, self._last_intact = Head(row.number, row.hash), row.intact
        if row.is_mark:
            self._mark_hash = row.hash

    def finish(self, newest: Head, settings: LaneSettings | None) -> list[Words]:
        """Check the end of the log; returns all problems. newest: the position that was saved when the newest row was
        written."""
        self._check_ages()
        self._check_end(newest)
        if self._marks:
            self._check_pruned(*self._marks[-1])
        elif self._needs_marks and newest.number and not self.problems:
            self.problems.append(words("no mark is left in the log: nothing shows why records are missing"))
        if settings:
            self._check_settings(settings)
        return self.problems

    def _check_order(self, row: StoredRow) -> None:
        """Between a row and the one before it in the file: a gap, or a row that was replaced."""
        if row.number > self._last.number + 1:
            self.problems.append(_missing(self._last.number + 1, row.number - 1))
        # Report the changed record only; the broken link after it adds nothing.
        elif row.intact and self._last_intact and row.row_before != self._last.hash:
            self.problems.append(
                words(
                    "record {number} is not the one that record {next} was written after",
                    number=self._last.number,
                    next=row.number,
                )
            )
        else:
            return
        # The missing or replaced records may have been marks: that adds nothing either.
        self._mark_hash = row.mark_before

    def _check_content(self, row: StoredRow) -> None:
        content = row.content
        if not row.intact:
            self.problems.append(
                words("record {number} was changed, or moved here from another place", number=row.number)
            )
        elif content is None:
            self.problems.append(
                words("record {number} is unchanged, but this edge-agent cannot read it", number=row.number)
            )
        else:
            if self._marks and content.lane != (lane := self._marks[0][1].lane):
                self.problems.append(
                    words(
                        "record {number} is of lane {own}, but the log is of lane {lane}",
                        number=row.number,
                        own=content.lane,
                        lane=lane,
                    )
                )
            if isinstance(content, Mark):
                self._check_removal(row.number, content)
                self._marks.append((row.number, content))
            else:
                self._newest_lane = content.lane

    def _check_removal(self, number: int, mark: Mark) -> None:
        """Whether a mark fits to the records that the mark before it reports as removed."""
        known = self._marks[-1][1].removed if self._marks else None
        if (
            mark.removed >= number
            or mark.removed < (known or 0)
            or (mark.mark != "pruned" and known not in (None, mark.removed))
        ):
            self.problems.append(
                words(
                    "{removal}, which cannot be: the mark before it says {known}",
                    removal=_removal(number, mark),
                    known=known or 0,
                )
            )
        if mark.removed != known:
            self._removals.append((number, mark))

    def _check_ages(self) -> None:
        """Whether the records that marks report as removed were old enough: such a mark was written after all of them,
        and so were the marks between them, which are never removed."""
        dates = proven_dates(made for _, made in self._marks)
        proven = [(at, date) for (at, _), date in zip(self._marks, dates, strict=True) if date]
        for number, mark in self._removals:
            if mark.keep_days is None:
                continue
            oldest_kept = mark.at - timedelta(days=mark.keep_days)
            younger = [
                words("record {number} is from {date}", number=at, date=f"{date:%Y-%m-%d}")
                for at, date in proven
                if at <= mark.removed and oldest_kept <= date <= self._now + CLOCK_TOLERANCE
            ]
            if mark.opened_at is None or mark.opened_at >= oldest_kept:
                younger.append(words("the newest of them was younger"))
            if mark.at > self._now + CLOCK_TOLERANCE:
                younger.append(words("that day has not come"))
            if younger:
                self.problems.append(
                    words(
                        "{removal} on {date} because they were over {days} days old, but {why}",
                        removal=_removal(number, mark),
                        date=f"{mark.at:%Y-%m-%d}",
                        days=mark.keep_days,
                        why=younger[0],
                    )
                )

    def _check_end(self, newest: Head) -> None:
        last = self._last
        if last.number < newest.number:
            self.problems.append(_missing(last.number + 1, newest.number))
        elif last.number > newest.number:
            self.problems.append(
                words(
                    "record {number} was saved as the newest, but there is a record {last}",
                    number=newest.number,
                    last=last.number,
                )
            )
        elif self._last_intact and last.hash != newest.hash:
            self.problems.append(
                words("record {number} is not the one that was saved as the newest", number=last.number)
            )

    def _check_pruned(self, number: int, mark: Mark) -> None:
        """What the log's end says about removed records, against the newest mark."""
        if self._pruned.number > mark.removed:
            missing = _missing(mark.removed + 1, self._pruned.number)
            self.problems.append(words("{missing}, without a mark that says why", missing=missing))
        elif self._pruned != mark.pruned:
            self.problems.append(
                words(
                    "the log's end says that record {last} was the last one to be removed, but mark {mark} says record "
                    "{removed}",
                    last=self._pruned.number,
                    mark=number,
                    removed=mark.removed,
                )
            )

    def _check_settings(self, settings: LaneSettings) -> None:
        lane = self._marks[-1][1].lane if self._marks else self._newest_lane
        if lane not in ("", settings.lane):
            self.problems.append(
                words(
                    "the log is of lane {lane}, but it is in the state folder of lane {other}",
                    lane=lane,
                    other=settings.lane,
                )
            )
        for number, mark in reversed(self._marks):
            if mark.keep_days is None:
                continue
            if mark.keep_days < settings.keep_days:
                self.problems.append(
                    words(
                        "mark {mark} says audit.keep_days = {days}, but the settings say {set}: if it has changed, "
                        "restart the agent",
                        mark=number,
                        days=mark.keep_days,
                        set=settings.keep_days,
                    )
                )
            break


def _removal(number: int, mark: Mark) -> Words:
    return words("mark {mark} says that records 1 to {last} were removed", mark=number, last=mark.removed)


def _missing(first: int, last: int) -> Words:
    if first == last:
        return words("record {number} is missing", number=first)
    return words("records {first} to {last} are missing", first=first, last=last)
