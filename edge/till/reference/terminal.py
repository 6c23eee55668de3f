"""Runs the till by hand: the cashier types a word and Enter for each action, and prompts appear in between."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from edge.errors import UsageError
from edge.till.reference.catalogue import CATALOGUE
from edge.till.reference.scenario import CloseStep, OpenStep, ScanStep
from edge.till.reference.words import ATTENDANT_HELP, QUIT, SHOW_HELP, TILL_HELP, understand, understand_attendant

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.till.reference.attendants import Attendant
    from edge.till.reference.script import Actor, Cashier
    from edge.till.reference.session import TillSession

_FINAL_ANSWERS_S = 5.0
"""How long to wait at the end for answers to the last messages."""


def run_terminal(cashier: Cashier, session: TillSession) -> None:
    """Run until the cashier quits or the input ends. Then wait for answers to the last messages, for 5 s at most."""
    console = _console()
    _show_catalogue(console)

    def perform(line: str) -> None:
        step, sale = understand(line), session.sale
        if isinstance(step, ScanStep) and sale is None:
            cashier.perform(OpenStep(do="open"))
        if isinstance(step, CloseStep) and sale and sale.forbidden_from:
            # What must not be sold stays here.
            step = CloseStep(do="close", completed=bool(sale.allowed_lines), basket=sale.allowed_lines)
        cashier.perform(step)

    _run(console, cashier, TILL_HELP, perform)


def run_attendant(attendant: Attendant) -> None:
    """Run until the attendant quits or the input ends."""
    _run(_console(), attendant, ATTENDANT_HELP, lambda line: attendant.perform(understand_attendant(line)))


def _run(console: Console, actor: Actor, help_text: str, perform: Callable[[str], None]) -> None:
    console.print(help_text)
    _read_lines(console, actor, help_text, perform)
    connection = actor.connection
    connection.run_until(lambda: not connection.unanswered, _FINAL_ANSWERS_S)


def _read_lines(console: Console, actor: Actor, help_text: str, perform: Callable[[str], None]) -> None:
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
                console.print(help_text)
                continue
            try:
                perform(line)
            except UsageError as problem:
                console.print(f"till: {problem}")


def _console() -> Console:
    return Console(soft_wrap=True, highlight=False, markup=False)


def _show_catalogue(console: Console) -> None:
    table = Table(box=None, header_style="dim")
    for column in ("", "item", "товар", "₽", "ID"):
        table.add_column(column, justify="right" if column in ("", "₽") else "left")
    for number, item in enumerate(CATALOGUE, start=1):
        age = f"{item.minimum_age}+" if item.minimum_age else "yes, да" if item.restricted else ""
        table.add_row(str(number), item.name.en, item.name.ru, f"{item.price:.2f}", age)
    console.print(table)
