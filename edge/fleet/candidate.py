"""What `edge-agent apply` was given: a box's own settings, shared ones, a sheet of offers or a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.ages.bundle import Bundle
from edge.errors import RunError, UsageError
from edge.fleet.bundles import is_bundle, keep_bundle
from edge.language.system import system_words
from edge.language.words import Words, words
from edge.offers.signature import SHEET_HEADER, read_sheet
from edge.settings.lanes import lanes_of
from edge.settings.parts import read_parts
from edge.settings.signed import SETTINGS_HEADER
from edge.settings.toml_files import MOST_TOML_BYTES, toml_text

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from edge.settings.config import Settings


@dataclass(frozen=True)
class ProposedFile:
    """A file that is to be replaced, with its new content. name: what it is. lanes: the settings of the box with it."""

    name: Words
    file: Path
    content: bytes
    lanes: tuple[Settings, ...]

    @property
    def is_there(self) -> bool:
        """Whether the box has it already. Raises RunError."""
        try:
            return self.file.exists() and self.file.read_bytes() == self.content
        except OSError as problem:
            raise RunError(
                words("cannot read {file}: {reason}", file=self.file, reason=system_words(problem))
            ) from None


def candidate_of(given: Path, config: Path, *, older: bool) -> ProposedFile:
    """What a file or folder means for the box with the settings in `config`. older: accept shared settings or offers
    that were signed before those that the box has. Raises UsageError and RunError."""
    if is_bundle(given):
        return _model(given, config)
    head = _first_line(given)
    if SHEET_HEADER.fullmatch(head):
        return _offers(given, config, older=older)
    if SETTINGS_HEADER.fullmatch(head):
        return _shared(given, config, older=older)
    parts = read_parts(given, home=config.parent)
    return ProposedFile(words("settings"), config.resolve(), _content(given), lanes_of([], parts))


def _shared(given: Path, config: Path, *, older: bool) -> ProposedFile:
    parts = read_parts(config, shared=given)
    included = parts.included
    if included is None or parts.made_at is None:
        raise UsageError(
            words(
                '{config} includes no signed settings: write include = "FILE" and include_key = "FILE" at its top',
                config=config,
            )
        )
    if not older:
        _reject_older(given, parts.made_at, _signed_at(config, included))
    return ProposedFile(words("shared settings"), included.resolve(), _content(given), lanes_of([], parts))


def _signed_at(config: Path, included: Path) -> datetime | None:
    """When the settings in place were signed; None if they cannot be used, so that any can replace them."""
    try:
        return read_parts(config).made_at if included.exists() else None
    except UsageError:
        return None


def _reject_older(given: Path, made_at: datetime, present: datetime | None) -> None:
    """An older file that was signed once must not bring back what it said: anybody who kept it could send it again."""
    if present and made_at < present:
        raise UsageError(
            words(
                "{file} was signed at {made_at:%Y-%m-%d %H:%M:%S} UTC, before what the box has ({present:%Y-%m-%d "
                "%H:%M:%S} UTC): sign it again, or go back with --older",
                file=given,
                made_at=made_at,
                present=present,
            )
        )


def _offers(given: Path, config: Path, *, older: bool) -> ProposedFile:
    lanes = lanes_of([], read_parts(config))
    wanted = {(lane.offers.sheet, lane.offers.key) for lane in lanes if lane.offers.enabled}
    if len(wanted) != 1:
        problem = (
            words("no lane of this box makes offers: set offers.enabled, offers.sheet and offers.key first")
            if not wanted
            else words("the lanes of this box have different sheets of offers: give them the same offers.sheet")
        )
        raise UsageError(problem)
    ((sheet, key),) = wanted
    assert sheet
    assert key
    made_at = read_sheet(given, key, None).made_at
    if not older:
        try:
            present = read_sheet(sheet, key, None).made_at
        except UsageError:
            present = None
        _reject_older(given, made_at, present)
    changed = tuple(lane.model_copy(update={"offers": _with_sheet(lane, given)}) for lane in lanes)
    return ProposedFile(words("offers"), sheet.resolve(), _content(given), changed)


def _with_sheet(lane: Settings, sheet: Path) -> object:
    return lane.offers.model_copy(update={"sheet": sheet}) if lane.offers.enabled else lane.offers


def _model(given: Path, config: Path) -> ProposedFile:
    from edge.web.config_file import with_lines

    lanes = lanes_of([], read_parts(config))
    folder = keep_bundle(given, lanes)
    text = with_lines(toml_text(config), config, None, f'model = "{folder}"')
    changed = tuple(lane.model_copy(update={"model": folder}) for lane in lanes)
    name = words("model {name} {version}", name=Bundle(folder).manifest.name, version=Bundle(folder).manifest.version)
    return ProposedFile(name, config.resolve(), text.encode(), changed)


def _first_line(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.readline(1000).rstrip(b"\n")
    except OSError as problem:
        raise UsageError(words("cannot read {file}: {reason}", file=file, reason=system_words(problem))) from None


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_TOML_BYTES + 1)
    except OSError as problem:
        raise UsageError(words("cannot read {file}: {reason}", file=file, reason=system_words(problem))) from None
