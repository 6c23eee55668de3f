"""Prompts that the till shows by itself, when no alert from the agent applies. Every doubt asks for ID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.words import words
from edge.till.prompts import as_text

if TYPE_CHECKING:
    from edge.till.messages import Text

WAITING = as_text(words("One moment…"))
NO_ANSWER = as_text(words("Ask for ID: the age check did not answer."))
EXPIRED = as_text(words("Ask for ID."))
CLOCKS = as_text(words("Ask for ID: the clocks of the till and of the age check differ."))
SILENT = as_text(words("Ask everyone for ID: the age check is not answering."))
DO_NOT_SELL = as_text(words("Do not sell age-restricted items."))

_DO_NOT_SELL_FROM = words("Do not sell items {age}+.")
_OTHERS_OPEN = words("Do not sell items {age}+. For the others, ask for ID.")


def do_not_sell_from(age: int, *, others_open: bool) -> Text:
    """The prompt after an ID check that failed for this age. others_open: items for lower ages still need a check."""
    return as_text((_OTHERS_OPEN if others_open else _DO_NOT_SELL_FROM).format(age=age))
