"""What the till tells, for people: the cashier's screen as a coloured word and a prompt, the rest in short lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.text import Text

from edge.decision.policy import Decision

if TYPE_CHECKING:
    from edge.till.messages import Alert
    from edge.till.messages import Text as Prompt
    from edge.till.reference.sale import Screen
    from edge.till.reference.session import TillSession
    from edge.till.reference.steps import Tell

Language = Literal["ru", "en", "both"]

_RED, _YELLOW, _GREEN = "bold bright_white on red", "bold black on yellow", "bold black on green"
_BLUE = "bold bright_white on blue"
_STYLES = {Decision.CHALLENGE: _RED, Decision.UNKNOWN: _YELLOW, Decision.NO_CHALLENGE: _GREEN}


class Narrator:
    """Tells on stdout, in colour on a terminal."""

    def __init__(self, session: TillSession, language: Language) -> None:
        self._session, self._language = session, language
        self._console = Console(soft_wrap=True, highlight=False, markup=False)

    def tell(self, told: Tell) -> None:
        """Something happened."""
        if told.event == "screen":
            self._show(self._session.screen)
        elif told.event == "offer-shown" and (offer := self._session.screen.offer):
            self._console.print(_banner("OFFER", _BLUE, offer.text, self._language))
        elif told.event in _LINES:
            self.say(_LINES[told.event].format(**told.details))

    def say(self, line: str) -> None:
        self._console.print(f"till: {line}")

    def _show(self, screen: Screen) -> None:
        if seen := view(screen, self._language):
            self._console.print(seen)
        if screen.alert:
            self._console.print(explain(screen.alert))


_LINES = {
    "agent-met": "connected to {lane}",
    "agent-silent": "the agent does not answer",
    "agent-back": "the agent is back",
    "health": "the agent is {status}: {problems}",
    "clocks": "clocks agree: {agree}; ours is {till_ahead_s} s ahead of the agent's",
    "sale-opened": "{sale_id} opened",
    "scanned": "{sku} scanned",
    "checked": "ID {outcome}",
    "offer-answered": "the offer was {outcome}",
    "sale-closed": "sale closed",
    "expired": "an answer about {sale_id} came too late",
    "error": "the agent says: {text}",
    "not-understood": "the agent says something new: {text}",
}
"""What else is told in words; the rest is told on the screen, or means nothing to a cashier."""


def view(screen: Screen, language: Language) -> Text | None:
    """What the screen says, None when it says nothing, or only for a moment."""
    if screen.text is None or screen.shows == "waiting":
        return None
    if screen.alert:
        word, style = screen.alert.decision.value.replace("_", " "), _STYLES[screen.alert.decision]
    else:
        word, style = _OWN[screen.shows]
    return _banner(word, style, screen.text, language)


def _banner(word: str, style: str, prompt: Prompt, language: Language) -> Text:
    banner = f" {word} "
    first, *others = _in_language(prompt, language)
    lines = [Text.assemble("  ", (banner, style), f"  {first}")]
    lines += [Text(f"  {' ' * len(banner)}  {other}") for other in others]
    return Text("\n").join(lines)


_OWN = {
    "ask": ("ASK", _YELLOW),
    "ask-everyone": ("ASK EVERYONE", _YELLOW),
    "do-not-sell": ("DO NOT SELL", _RED),
}


def explain(alert: Alert) -> str:
    """What stands behind an alert, for those who set the lane up."""
    within = f", answered {alert.grab_to_alert_ms:.0f} ms after the frame" if alert.grab_to_alert_ms is not None else ""
    age = alert.age or "unknown"
    return f"  age {age}, asks below {alert.threshold}; {', '.join(alert.reasons)}; {alert.samples} looks{within}"


def _in_language(text: Prompt, language: Language) -> list[str]:
    return [text.en, text.ru] if language == "both" else [text.ru if language == "ru" else text.en]
