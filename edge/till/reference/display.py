"""Prints the till's notifications for people: the cashier's screen as a coloured banner, the rest as short lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.text import Text

from edge.decision.policy import Decision
from edge.till.messages import Text as Prompt

if TYPE_CHECKING:
    from edge.till.messages import Alert
    from edge.till.reference.screen import Screen
    from edge.till.reference.session import TillSession
    from edge.till.reference.steps import Notify

Language = Literal["ru", "en", "both"]

_RED, _YELLOW, _GREEN = "bold bright_white on red", "bold black on yellow", "bold black on green"
_BLUE = "bold bright_white on blue"
_ALERT_STYLES = {Decision.CHALLENGE: _RED, Decision.UNKNOWN: _YELLOW, Decision.NO_CHALLENGE: _GREEN}
_FALLBACK_BANNERS = {
    "ask": ("ASK", _YELLOW),
    "ask-everyone": ("ASK EVERYONE", _YELLOW),
    "do-not-sell": ("DO NOT SELL", _RED),
}
"""Word and style for the prompts that the till shows by itself."""

_ATTENDANT_STYLES = {"alert": "bold", "ask": "bold", "ask-everyone": "bold", "do-not-sell": "bold red"}

_EVENT_LINES = {
    "agent-met": "connected to {lane}",
    "agent-silent": "the agent does not answer",
    "agent-back": "the agent is back",
    "health": "the agent is {status}: {problems}",
    "clocks": "clocks agree: {agree}; the till's clock is {till_ahead_s} s ahead of the agent's",
    "sale-opened": "{sale_id} opened",
    "scanned": "{sku} scanned",
    "sale-suspended": "{sale_id} set aside",
    "sale-resumed": "{sale_id} continues",
    "removed": "{sku} removed",
    "cashier": "{cashier_id} sells now",
    "checked": "ID {outcome}",
    "offer-answered": "the offer was {outcome}",
    "sale-closed": "sale closed",
    "expired": "an alert about {sale_id} came too late",
    "error": "error from the agent: {text}",
    "not-understood": "a message from the agent is not valid: {text}",
}
"""Events printed as a line. The others are on the screen, or of no use to a cashier."""


_ATTENDANT_LINES = {
    "agent-met": "connected to {lane}",
    "agent-silent": "{lane}: the age check is not answering: ask everyone for ID",
    "agent-back": "{lane}: the age check is back",
    "health": _EVENT_LINES["health"],
    "clocks": _EVENT_LINES["clocks"],
    "withdrawn": "{lane} {till}: nothing to check any more",
    "checked": "{lane} {till}: ID {outcome}",
    "error": _EVENT_LINES["error"],
    "not-understood": _EVENT_LINES["not-understood"],
}


class TerminalDisplay:
    """Prints on stdout, in colour on a terminal."""

    def __init__(self, session: TillSession, language: Language) -> None:
        """session: the session whose screen is shown. language: of the prompts."""
        self._session, self._language = session, language
        self._console = Console(soft_wrap=True, highlight=False, markup=False)

    def show(self, notify: Notify) -> None:
        """Print a notification, if it concerns the cashier."""
        if notify.event == "screen":
            self._show_screen(self._session.screen)
        elif notify.event == "offer-shown" and (offer := self._session.screen.offer):
            self._console.print(_banner("OFFER", _BLUE, offer.text, self._language))
        elif notify.event in _EVENT_LINES:
            self._console.print(f"till: {_EVENT_LINES[notify.event].format(**notify.details)}")

    def _show_screen(self, screen: Screen) -> None:
        if banner := _screen_banner(screen, self._language):
            self._console.print(banner)
        if screen.alert:
            self._console.print(_alert_details(screen.alert))


class AttendantDisplay:
    """Prints what an attendant sees: the prompts of all tills, each with its lane and till."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._console = Console(soft_wrap=True, highlight=False, markup=False)

    def show(self, notify: Notify) -> None:
        """Print a notification, if it concerns the attendant."""
        details = notify.details
        if notify.event == "screen":
            place = f"{details['lane']} {details['till'] or ''}".strip()
            text = " / ".join(_in_language(Prompt(**details["text"]), self._language)) if details["text"] else "-"
            self._console.print(f"{place}: {text}", style=_ATTENDANT_STYLES.get(details["shows"]))
        elif notify.event in _ATTENDANT_LINES:
            self._console.print(f"attendant: {_ATTENDANT_LINES[notify.event].format(**details)}")


def _screen_banner(screen: Screen, language: Language) -> Text | None:
    """The prompt on the screen, None when there is none, or only "one moment"."""
    if screen.text is None or screen.shows == "waiting":
        return None
    if screen.alert:
        word, style = screen.alert.decision.value.replace("_", " "), _ALERT_STYLES[screen.alert.decision]
    else:
        word, style = _FALLBACK_BANNERS[screen.shows]
    return _banner(word, style, screen.text, language)


def _banner(word: str, style: str, prompt: Prompt, language: Language) -> Text:
    banner = f" {word} "
    first, *others = _in_language(prompt, language)
    lines = [Text.assemble("  ", (banner, style), f"  {first}")]
    lines += [Text(f"  {' ' * len(banner)}  {other}") for other in others]
    return Text("\n").join(lines)


def _alert_details(alert: Alert) -> str:
    """The figures behind an alert, for installers."""
    within = f", answered {alert.grab_to_alert_ms:.0f} ms after the frame" if alert.grab_to_alert_ms is not None else ""
    age = alert.age or "unknown"
    asked = "asks everybody" if alert.threshold > 100 else f"asks below {alert.threshold}"
    return f"  age {age}, {asked}; {', '.join(alert.reasons)}; {alert.samples} samples{within}"


def _in_language(text: Prompt, language: Language) -> list[str]:
    return [text.en, text.ru] if language == "both" else [text.ru if language == "ru" else text.en]
