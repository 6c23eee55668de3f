"""Runs the till by hand: the cashier types a word and Enter for each action, and prompts appear in between."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from edge.errors import UsageError
from edge.language.words import Words, in_language, words
from edge.till.reference.catalogue import CATALOGUE
from edge.till.reference.display import lines_in
from edge.till.reference.scenario import CloseStep, OpenStep, ScanStep
from edge.till.reference.words import ATTENDANT_HELP, QUIT, SHOW_HELP, TILL_HELP, understand, understand_attendant

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.till.reference.attendants import Attendant
    from edge.till.reference.display import Language
    from edge.till.reference.script import Actor, Cashier
    from edge.till.reference.session import TillSession

_FINAL_ANSWERS_S = 5.0
"""How long to wait at the end for answers to the last messages."""


def run_terminal(cashier: Cashier, session: TillSession, language: Language) -> None:
    """Run until the cashier quits or the input ends. Then wait for answers to the last messages, for 5 s at most."""
    console = _console()
    _show_catalogue(console, language)

    def perform(line: str) -> None:
        step, sale = understand(line), session.sale
        if isinstance(step, ScanStep) and sale is None:
            cashier.perform(OpenStep(do="open"))
        if isinstance(step, CloseStep) and sale and sale.forbidden_from:
            # What must not be sold stays here.
            step = CloseStep(do="close", completed=bool(sale.allowed_lines), basket=sale.allowed_lines)
        cashier.perform(step)

    _run(console, cashier, TILL_HELP, perform, language)


def run_attendant(attendant: Attendant, language: Language) -> None:
    """Run until the attendant quits or the input ends."""
    _run(_console(), attendant, ATTENDANT_HELP, lambda line: attendant.perform(understand_attendant(line)), language)


def _run(console: Console, actor: Actor, help_text: Words, perform: Callable[[str], None], language: Language) -> None:
    def show_help() -> None:
        for each in ("en", "ru") if language == "both" else (language,):
            console.print(in_language(help_text, each))

    def attempt(line: str) -> None:
        try:
            perform(line)
        except UsageError as problem:
            console.print(in_language(words("till: {line}", line=problem), lines_in(language)))

    show_help()
    _read_lines(actor, show_help, attempt)
    connection = actor.connection
    connection.run_until(lambda: not connection.unanswered, _FINAL_ANSWERS_S)


def _read_lines(actor: Actor, show_help: Callable[[], None], perform: Callable[[str], None]) -> None:
    typed = b""
    while True:
        actor.connection.poll(0.05)
        if not select.select([sys.stdin], [], [], 0)[0]:
            continue
        chunk = os.read(sys.stdin.fileno(), 4096)
        *lines, typed = (typed + chunk).split(b"\n")
        if not chunk:
            return
        for raw in lines:
            line = raw.decode(errors="replace").strip()
            if line.casefold() in QUIT:
                return
            if line.casefold() in SHOW_HELP:
                show_help()
            else:
                perform(line)


def _console() -> Console:
    return Console(soft_wrap=True, highlight=False, markup=False)


def _show_catalogue(console: Console, language: Language) -> None:
    languages = ("en", "ru") if language == "both" else (language,)

    def written(text: Words) -> list[str]:
        return [in_language(text, each) for each in languages]

    table = Table(box=None, header_style="dim")
    table.add_column("", justify="right")
    for name in written(words("item")):
        table.add_column(name)
    table.add_column("₽", justify="right")
    table.add_column(" / ".join(dict.fromkeys(written(words("ID")))))
    for number, item in enumerate(CATALOGUE, start=1):
        names = [getattr(item.name, each) for each in languages]
        age = (
            f"{item.minimum_age}+" if item.minimum_age else ", ".join(written(words("yes"))) if item.restricted else ""
        )
        table.add_row(str(number), *names, f"{item.price:.2f}", age)
    console.print(table)
