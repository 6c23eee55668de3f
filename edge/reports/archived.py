"""The layout of archived audit logs: `edge-agent report archive` writes them, `report verify --folder` reads them.

    FOLDER/STORE/BOX/LANE/days/00000001-00000042-2026-11-24-HASH.jsonl.gz
    FOLDER/STORE/BOX/LANE/heads/20261125T031500Z-00000047-HASH.json

A file of days holds the rows of one day (UTC) as they are in the log: a JSON object for each row, with its number, its
text, and the hashes. Its name has the numbers of the first and the last row, and the first 16 characters of the last
one's hash. A head says where the log ended when it was read. Files are written whole or not at all, and never changed.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.language.words import words
from edge.records.chain import StoredRow
from edge.settings.files import make_private_folder, replacing
from edge.till.moments import Moment

ARCHIVE_VERSION = 1

_DAY_FILE = re.compile(r"(\d{8,})-(\d{8,})-(\d{4}-\d\d-\d\d)-([0-9a-f]{16})\.jsonl\.gz")
_HASH_CHARACTERS = 16
_LONGEST_LINE = 1 << 24
"""Characters. No record is longer; what is, comes from somebody who wants to fill the memory."""


class ArchivedRestore(BaseModel):
    """A restore from a backup that a log tells of. number, hash: of its mark. replaced: the newest row of the database
    before, None if it could not be read."""

    model_config = ConfigDict(frozen=True)

    number: int
    hash: str
    at: Moment
    replaced: int | None


class ArchivedHead(BaseModel):
    """The end of a log. number, hash: of the newest row; 0 and empty for a log without rows. at: when it was read, by
    the box's clock. pruned, pruned_hash: the newest record that was removed due to age. restores: oldest first.
    agent: the version of edge-agent. archive_version: of this layout."""

    model_config = ConfigDict(frozen=True)

    archive_version: int = Field(ARCHIVE_VERSION, le=ARCHIVE_VERSION)
    store: str
    box: str
    lane: str
    number: int = Field(ge=0)
    hash: str
    at: Moment
    pruned: int = Field(ge=0)
    pruned_hash: str
    restores: tuple[ArchivedRestore, ...] = ()
    agent: str


@dataclass(frozen=True, slots=True)
class ArchivedDay:
    """A file of days. first, last: numbers of its rows. key: the start of the last one's hash."""

    file: Path
    first: int
    last: int
    day: str
    key: str


class UnreadableArchiveError(Exception):
    """A file of an archive is damaged, or of a newer version. The text says why."""


class LaneArchive:
    """The archive of one lane. Methods that read or write raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, root: Path, store: str, box: str, lane: str) -> LaneArchive:
        return cls(root / safe_name(store) / safe_name(box) / safe_name(lane))

    @classmethod
    def all_in(cls, root: Path) -> list[LaneArchive]:
        """The archives of all lanes in a folder, by store, box and lane."""
        folders = {path.parent for name in ("heads", "days", "lane.db") for path in root.glob(f"*/*/*/{name}")}
        return [cls(folder) for folder in sorted(folders)]

    @property
    def name(self) -> tuple[str, str, str]:
        """Store, box and lane, as the folders are named."""
        store, box, lane = self.folder.parts[-3:]
        return store, box, lane

    def days(self) -> list[ArchivedDay]:
        """The files of days, by the numbers of their rows."""
        found = []
        for file in self.folder.glob("days/*.jsonl.gz"):
            if parts := _DAY_FILE.fullmatch(file.name):
                found.append(ArchivedDay(file, int(parts[1]), int(parts[2]), parts[3], parts[4]))
        return sorted(found, key=lambda day: (day.first, day.last, day.day, day.key))

    def head_files(self) -> list[Path]:
        """Oldest first."""
        return sorted(self.folder.glob("heads/*.json"))

    def write_day(self, day: str, rows: Sequence[StoredRow]) -> None:
        first, last = rows[0], rows[-1]
        name = f"{first.number:08}-{last.number:08}-{day}-{last.hash[:_HASH_CHARACTERS]}.jsonl.gz"
        lines = (json.dumps({"number": row.number, "record": row.text, "before": row.before, "hash": row.hash})
                 for row in rows)  # fmt: skip
        packed = io.BytesIO()
        # Without a time, equal rows give equal files.
        with gzip.GzipFile("", "wb", fileobj=packed, mtime=0) as file:
            file.writelines(f"{line}\n".encode() for line in lines)
        self._write("days", name, packed.getvalue())

    def write_head(self, head: ArchivedHead) -> None:
        name = f"{head.at:%Y%m%dT%H%M%SZ}-{head.number:08}-{head.hash[:_HASH_CHARACTERS] or 'empty'}.json"
        self._write("heads", name, f"{head.model_dump_json(indent=1)}\n".encode())

    def _write(self, kind: str, name: str, content: bytes) -> None:
        make_private_folder(self.folder / kind)
        with replacing(self.folder / kind / name, mode=0o600, durable=True) as draft:
            draft.write_bytes(content)


def read_head(file: Path) -> ArchivedHead:
    """Raises OSError and UnreadableArchiveError."""
    try:
        return ArchivedHead.model_validate_json(file.read_bytes())
    except ValidationError as problem:
        raise UnreadableArchiveError(problem.errors()[0]["msg"]) from None


def read_day(day: ArchivedDay) -> Iterator[StoredRow]:
    """The rows of a file. Raises OSError and UnreadableArchiveError, also for a file that is not what its name says."""
    newest = StoredRow(day.first - 1, "", "", "")
    try:
        with gzip.open(day.file, "rt", encoding="utf-8") as lines:
            while line := lines.readline(_LONGEST_LINE):
                values = json.loads(line)
                row = StoredRow(
                    int(values["number"]), str(values["record"]), str(values["before"]), str(values["hash"])
                )
                if not newest.number < row.number <= day.last:
                    raise UnreadableArchiveError(
                        words("it has a record {number}, which its name does not say", number=row.number)
                    )
                yield (newest := row)
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError, KeyError, TypeError, RecursionError) as problem:
        raise UnreadableArchiveError(str(problem)) from None
    if newest.number != day.last or not newest.hash.startswith(day.key):
        raise UnreadableArchiveError(words("its last record is not the one that its name says"))


def day_of(row: StoredRow) -> str | None:
    """The day (UTC) of a row, by its own date; None if it has none."""
    try:
        values = json.loads(row.text)
        dates = (values.get(name) for name in ("closed_at", "opened_at", "at"))
        return f"{datetime.fromisoformat(next(filter(None, dates)).replace('Z', '+00:00')):%Y-%m-%d}"
    except (ValueError, AttributeError, TypeError, StopIteration):
        return None


def safe_name(name: str) -> str:
    """A name for a folder: letters of all languages, digits, spaces, - _ and dots stay."""
    kept = "".join(char if char.isalnum() or char in "-_ ." else quote(char, safe="") for char in name)
    return f"%2E{kept[1:]}" if kept.startswith(".") else kept
