"""Runs the till by hand: the cashier types a word and Enter for each action, and prompts appear in between."""

from __future__ import annotations

import os
import select
import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from edge.errors import UsageError
from edge.till.reference.catalogue import CATALOGUE, find_item

if TYPE_CHECKING:
    from edge.till.messages import CheckOutcome
    from edge.till.reference.live import LiveTill
    from edge.till.reference.steps import OfferAnswer

_KEYS_HELP = """\
  NUMBER or NAME   scan the item; the first opens a sale     номер или название: добавить товар
  p  passed        the ID is valid                           п  документ в порядке
  f  failed        too young                                 м  слишком молод
  n  not-shown     no ID was shown                           н  нет документа
  t  take          the customer takes the offer              т  берёт предложенное
  r  refuse        the customer refuses the offer            о  отказывается
  c  close         the customer has paid or left             з  закрыть чек
  q  quit                                                    в  выход"""

_CHECKS: dict[CheckOutcome, tuple[str, ...]] = {
    "passed": ("p", "passed", "п"),
    "failed": ("f", "failed", "м"),
    "not-shown": ("n", "not-shown", "н"),
}
_ANSWERS: dict[OfferAnswer, tuple[str, ...]] = {"taken": ("t", "take", "т"), "refused": ("r", "refuse", "о")}
_CLOSE, _QUIT, _SHOW_HELP = ("c", "close", "з"), ("q", "quit", "в"), ("", "h", "help", "?")
_FINAL_ANSWERS_S = 5.0
"""How long to wait at the end for answers to the last messages."""


def run_terminal(till: LiveTill) -> None:
    """Run until the cashier quits or the input ends. Then wait for answers to the last messages, for 5 s at most."""
    _run(till)
    till.run_until(lambda: not till.session.unanswered, _FINAL_ANSWERS_S)


def _run(till: LiveTill) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    _show_catalogue(console)
    console.print(_KEYS_HELP)
    typed = b""
    while True:
        till.poll(0.05)
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
            if word in _SHOW_HELP:
                console.print(_KEYS_HELP)
                continue
            try:
                _perform(till, word)
            except UsageError as problem:
                console.print(f"till: {problem}")


def _perform(till: LiveTill, word: str) -> None:
    session, now_s = till.session, time.monotonic()
    outcome = next((outcome for outcome, words in _CHECKS.items() if word in words), None)
    answer = next((answer for answer, words in _ANSWERS.items() if word in words), None)
    if outcome:
        till.perform(session.check(outcome, now_s))
    elif answer:
        till.perform(session.answer_offer(answer, now_s))
    elif word in _CLOSE:
        check_failed = session.sale is not None and session.sale.check in ("failed", "not-shown")
        till.perform(session.close_sale(now_s, completed=not check_failed))
    else:
        find_item(word)
        if session.sale is None:
            till.perform(session.open_sale(now_s))
        till.perform(session.scan(word, now_s))


def _show_catalogue(console: Console) -> None:
    table = Table(box=None, header_style="dim")
    for column in ("", "item", "товар", "₽", "ID"):
        table.add_column(column, justify="right" if column in ("", "₽") else "left")
    for number, item in enumerate(CATALOGUE, start=1):
        table.add_row(str(number), item.name.en, item.name.ru, f"{item.price:.2f}", "18+" if item.restricted else "")
    console.print(table)
