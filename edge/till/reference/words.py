"""What a cashier types at `edge-till`, in English or Russian, as a line of a scenario. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from edge.errors import UsageError
from edge.language.words import words
from edge.settings.problems import in_one_line
from edge.till.reference.catalogue import find_item
from edge.till.reference.scenario import (
    AnswerOfferStep,
    CashierStep,
    CheckStep,
    CloseStep,
    OpenStep,
    RemoveStep,
    ResumeStep,
    ScanStep,
    SuspendStep,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.till.messages import CheckMeans, CheckOutcome
    from edge.till.reference.actions import CheckedSale
    from edge.till.reference.scenario import ScriptStep

_Meaning = TypeVar("_Meaning", bound=str)

TILL_HELP = words("""\
  NUMBER or NAME   scan the item; the first opens a sale
  -NUMBER, -NAME   remove the item
  p  passed        the ID is valid
  f  failed        too young
  n  not-shown     no ID was shown
  t  take          the customer takes the offer
  r  refuse        the customer refuses the offer
  s  suspend       set the sale aside
  u  resume [ID]   continue the sale that was set aside
  k  cashier ID    another cashier sells now
  training         open a sale that is only an exercise
  c  close         the customer has paid or left
  q  quit
After p, f or n, in any order: the age that was checked, such as 21; how the age is known: document, digital-id,
known-customer, obviously-of-age, manager-override ID; and before or after, for a check outside a sale.""")

ATTENDANT_HELP = words("""\
  TILL p  passed     the ID at this till is valid; also LANE/TILL, such as lane-3/till-1
  TILL f  failed     too young
  TILL n  not-shown  no ID was shown
  q  quit
After p, f or n, in any order: the age that was checked, such as 21; how the age is known: document, digital-id,
known-customer, obviously-of-age, manager-override ID.""")

QUIT, SHOW_HELP = ("q", "quit", "в", "выход"), ("", "h", "help", "?", "помощь")

_CHECKS: dict[CheckOutcome, tuple[str, ...]] = {
    "passed": ("p", "passed", "п"),
    "failed": ("f", "failed", "м"),
    "not-shown": ("n", "not-shown", "н"),
}
_MEANS: dict[CheckMeans, tuple[str, ...]] = {
    "document": ("document", "паспорт", "документ"),
    "digital-id": ("digital-id", "цифровой"),
    "known-customer": ("known-customer", "знакомый"),
    "manager-override": ("manager-override", "разрешил"),
    "obviously-of-age": ("obviously-of-age", "взрослый"),
}
_OUTSIDE: dict[CheckedSale, tuple[str, ...]] = {"next": ("before", "до"), "last": ("after", "после")}
_PLAIN: dict[tuple[str, ...], Callable[[], ScriptStep]] = {
    ("t", "take", "т"): lambda: AnswerOfferStep(do="offer", outcome="taken"),
    ("r", "refuse", "о"): lambda: AnswerOfferStep(do="offer", outcome="refused"),
    ("s", "suspend", "ж", "отложить"): lambda: SuspendStep(do="suspend"),
    ("u", "resume", "д", "вернуть"): lambda: ResumeStep(do="resume"),
    ("training", "учебный"): lambda: OpenStep(do="open", training=True),
    ("c", "close", "з", "закрыть"): lambda: CloseStep(do="close"),
}
_RESUME, _CASHIER, _REMOVE = ("u", "resume", "д", "вернуть"), ("k", "cashier", "к", "кассир"), ("remove", "убрать")


def understand(line: str) -> ScriptStep:
    """The action that a cashier has typed. Raises UsageError for words without a meaning."""
    first, *others = line.split()
    word = first.casefold()
    if outcome := _meaning(word, _CHECKS):
        return _check(outcome, others)
    if not others and (plain := next((make for names, make in _PLAIN.items() if word in names), None)):
        return plain()
    if len(others) == 1 and word in _RESUME:
        return ResumeStep(do="resume", sale_id=others[0])
    if len(others) == 1 and word in _CASHIER:
        return CashierStep(do="cashier", id=others[0])
    if len(others) == 1 and word in _REMOVE:
        return RemoveStep(do="remove", item=find_item(others[0]).sku)
    if word.startswith("-"):
        return RemoveStep(do="remove", item=find_item(line[1:].strip()).sku)
    return ScanStep(do="scan", item=find_item(line).sku)


def understand_attendant(line: str) -> CheckStep:
    """The check that an attendant has typed: the till's name, then the check. Raises UsageError for other words."""
    till, *others = line.split()
    outcome = _meaning(others[0].casefold(), _CHECKS) if others else None
    if outcome is None:
        raise UsageError(words("{line} is not a check: type the till's name, and p, f or n", line=repr(line)))
    return _check(outcome, others[1:], till=till)


def _check(outcome: CheckOutcome, others: list[str], till: str | None = None) -> CheckStep:
    fields: dict[str, Any] = {"do": "check", "outcome": outcome, "till": till}
    left = iter(others)
    for word in left:
        if word.isdecimal():
            fields["minimum_age"] = int(word)
        elif means := _meaning(word.casefold(), _MEANS):
            fields["means"] = means
            if means == "manager-override":
                fields["authorised_by"] = next(left, None)
        elif till is None and (sale := _meaning(word.casefold(), _OUTSIDE)):
            fields["sale"] = sale
        else:
            raise UsageError(words("{word} says nothing about a check: type ? for the words", word=repr(word)))
    try:
        return CheckStep.model_validate(fields)
    except ValidationError as problem:
        raise UsageError(in_one_line(problem, words("check"))) from None


def _meaning(word: str, known: dict[_Meaning, tuple[str, ...]]) -> _Meaning | None:
    return next((meaning for meaning, names in known.items() if word in names), None)
