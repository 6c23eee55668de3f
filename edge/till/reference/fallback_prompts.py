"""Prompts that the till shows by itself, when no alert from the agent applies. Every doubt asks for ID."""

from __future__ import annotations

from edge.till.messages import Text

WAITING = Text(ru="Секунду…", en="One moment…")
NO_ANSWER = Text(ru="Проверьте документы: система не ответила.", en="Ask for ID: the age check did not answer.")
EXPIRED = Text(ru="Проверьте документы.", en="Ask for ID.")
CLOCKS = Text(
    ru="Проверьте документы: часы кассы и системы расходятся.",
    en="Ask for ID: the clocks of the till and of the age check differ.",
)
SILENT = Text(
    ru="Проверяйте документы у всех: система проверки возраста не отвечает.",
    en="Ask everyone for ID: the age check is not answering.",
)
DO_NOT_SELL = Text(
    ru="Не продавайте товары с ограничением по возрасту.",
    en="Do not sell age-restricted items.",
)


def do_not_sell_from(age: int, *, others_open: bool) -> Text:
    """The prompt after an ID check that failed for this age. others_open: items for lower ages still need a check."""
    russian, english = f"Не продавайте товары {age}+.", f"Do not sell items {age}+."
    if others_open:
        russian += " Для остальных проверьте документы."
        english += " For the others, ask for ID."
    return Text(ru=russian, en=english)
