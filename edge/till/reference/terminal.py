"""Working the till by hand: a word and Enter for everything the cashier does, while the prompts come as they come."""

from __future__ import annotations

import os
import select
import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from edge.errors import UsageError
from edge.till.reference.catalogue import CATALOGUE, find

if TYPE_CHECKING:
    from edge.till.messages import CheckOutcome
    from edge.till.reference.live import LiveTill

_HELP = """\
  NUMBER or NAME   scan it; the first item opens a sale      номер или название: товар
  p  passed        the ID is in order                        п  документ в порядке
  f  failed        too young                                 м  слишком молод
  n  not-shown     no ID was shown                           н  документа нет
  c  close         the customer has paid or left             з  закрыть чек
  q  quit                                                    в  выход"""

_CHECKS: dict[CheckOutcome, tuple[str, ...]] = {
    "passed": ("p", "passed", "п"),
    "failed": ("f", "failed", "м"),
    "not-shown": ("n", "not-shown", "н"),
}
_GOODBYE_S = 5.0
_CLOSE, _QUIT, _HELP_WORDS = ("c", "close", "з"), ("q", "quit", "в"), ("", "h", "help", "?")


def work(till: LiveTill) -> None:
    """Until the cashier quits or the input ends, and what was said has been answered, or nobody answers."""
    _serve(till)
    till.serve_until(lambda: not till.session.unanswered, _GOODBYE_S)


def _serve(till: LiveTill) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    _show_catalogue(console)
    console.print(_HELP)
    typed = b""
    while True:
        till.look(0.05)
        if not select.select([sys.stdin], [], [], 0)[0]:
            continue
        chunk = os.read(sys.stdin.fileno(), 4096)
        *lines, typed = (typed + chunk).split(b"\n")
        if not chunk:
            return
        for line in lines:
            word = line.decode(errors="replace").strip().casefold()
            if word in _QUIT:
                return
            if word in _HELP_WORDS:
                console.print(_HELP)
                continue
            try:
                _do(till, word)
            except UsageError as problem:
                console.print(f"till: {problem}")


def _do(till: LiveTill, word: str) -> None:
    session, now_s = till.session, time.monotonic()
    outcome = next((outcome for outcome, words in _CHECKS.items() if word in words), None)
    if outcome:
        till.do(session.check(outcome, now_s))
    elif word in _CLOSE:
        refused = session.sale is not None and session.sale.check in ("failed", "not-shown")
        till.do(session.close_sale(now_s, completed=not refused))
    else:
        find(word)
        if session.sale is None:
            till.do(session.open_sale(now_s))
        till.do(session.scan(word, now_s))


def _show_catalogue(console: Console) -> None:
    table = Table(box=None, header_style="dim")
    for column in ("", "item", "товар", "₽", "ID"):
        table.add_column(column, justify="right" if column in ("", "₽") else "left")
    for number, item in enumerate(CATALOGUE, start=1):
        table.add_row(str(number), item.name.en, item.name.ru, f"{item.price:.2f}", "18+" if item.restricted else "")
    console.print(table)
