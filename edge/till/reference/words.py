"""What the till itself tells the cashier, where it cannot go by an answer of the agent. Every doubt asks for ID."""

from __future__ import annotations

from edge.till.messages import Text

WAITING = Text(ru="Секунду…", en="One moment…")
NO_ANSWER = Text(ru="Спросите документ: ответа не было.", en="Ask for ID: no answer came.")
EXPIRED = Text(ru="Спросите документ.", en="Ask for ID.")
SILENT = Text(
    ru="Спрашивайте документ у всех: проверка возраста не отвечает.",
    en="Ask everyone for ID: the age check is not answering.",
)
DO_NOT_SELL = Text(
    ru="Не продавайте товары с ограничением по возрасту.",
    en="Do not sell what is restricted by age.",
)
