"""`edge-agent report changes`: its declaration, and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.formats import Shown, moment
from edge.language.words import Words, words
from edge.reports.changes.tables import author_words, changes_csv, changes_table, shared_changes
from edge.reports.content import ReportContent, title_of
from edge.reports.folders import state_folders
from edge.reports.logs import read_log, warn_not_intact
from edge.reports.report import Report

if TYPE_CHECKING:
    from argparse import Namespace

    from edge.commands import Parser
    from edge.records.chain import Head
    from edge.records.changes import SettingsChange


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--setting", metavar="NAME", help="only changes of this setting, or of this section: policy.legal_age, policy"
    )


def _run(arguments: Namespace) -> ReportContent:
    recorded: list[tuple[Head, SettingsChange]] = []
    for folder in state_folders(arguments):
        log = read_log(folder)
        if not log.intact:
            warn_not_intact(folder, words("this report may be wrong"), arguments.language)
        recorded += log.changes
    recorded.sort(key=lambda item: item[1].at)
    found = [(head, change) for head, change in recorded if change.at in arguments.period]
    if name := arguments.setting:
        found = [(head, part) for head, change in found if (part := _only(change, name))]
    lanes = ", ".join(sorted({change.lane for _, change in found}))
    shared = shared_changes([change for _, change in found])
    headline = words("Changes of settings {period}: {n}.", period=arguments.period.words, n=len(shared))
    if lanes:
        headline = words("{all} Lanes: {lanes}.", all=headline, lanes=lanes)
    table = changes_table(shared)
    return ReportContent(
        title=title_of(words("Changes of settings"), arguments.shop.name),
        headline=headline,
        lead=[_lead([change for _, change in recorded], listed=bool(found))],
        tables=[table] if found else [],
        csv=changes_csv(found),
        page_parts=[table] if found else [],
        notes=[
            words(
                "A change is recorded when it takes effect, in the same chain as the sales. A name is what the person "
                "or the program said: it is not checked."
            )
        ]
        if found
        else [],
    )


def _only(change: SettingsChange, name: str) -> SettingsChange | None:
    """The part of a change that is of one setting or section."""
    changed = tuple(each for each in change.changed if each.setting == name or each.setting.startswith(f"{name}."))
    return change.model_copy(update={"changed": changed}) if changed else None


def _named(lanes: list[str]) -> Words:
    names = ", ".join(lanes)
    return words("lane {names}", names=names) if len(lanes) == 1 else words("lanes {names}", names=names)


def _lead(changes: list[SettingsChange], *, listed: bool) -> Words:
    """The newest change of all, or that there was none. listed: whether the report lists any."""
    if not changes:
        return words(
            "No change was ever recorded here. The first record is written when an agent of this version starts."
        )
    newest, lanes = shared_changes(changes)[-1]
    text = words(
        "The newest change is of {at}, {lanes}: {author}.",
        at=Shown(moment, newest.at), lanes=_named(lanes), author=author_words(newest),
    )  # fmt: skip
    if listed:
        return text
    return words("{newest} For older ones choose another --since.", newest=text)


CHANGES_REPORT = Report(
    name="changes", help="who changed which setting, when, and what it was before", run=_run, formats=("csv", "html"),
    add_arguments=_add_arguments,
)  # fmt: skip
