"""Prompts that the till shows by itself, when no alert from the agent applies. Every doubt asks for ID."""

from __future__ import annotations

from edge.till.messages import Text

WAITING = Text(ru="Секунду…", en="One moment…")
NO_ANSWER = Text(ru="Проверьте документы: система не ответила.", en="Ask for ID: the age check did not answer.")
EXPIRED = Text(ru="Проверьте документы.", en="Ask for ID.")
SILENT = Text(
    ru="Проверяйте документы у всех: система проверки возраста не отвечает.",
    en="Ask everyone for ID: the age check is not answering.",
)
DO_NOT_SELL = Text(
    ru="Не продавайте товары с ограничением по возрасту.",
    en="Do not sell age-restricted items.",
)
